import type { OutputStreamName } from '@parley/shared-models';

/** Writes what commands print: stdout to stdout, stderr to stderr. Of several agents line by line, each with its name. */
export interface OutputWriter {
  write(agentName: string, stream: OutputStreamName, data: string): void;
  /** Writes what has no line break at its end yet. */
  end(): void;
}

export function outputWriter(isPrefixed: boolean): OutputWriter {
  const rests = new Map<string, { agentName: string; stream: OutputStreamName; text: string }>();
  const put = (stream: OutputStreamName, text: string): void => {
    process[stream].write(text);
  };
  return {
    write(agentName, stream, data) {
      if (!isPrefixed) return put(stream, data);
      const key = `${stream} ${agentName}`;
      const lines = ((rests.get(key)?.text ?? '') + data).split('\n');
      rests.set(key, { agentName, stream, text: lines.pop() ?? '' });
      put(stream, lines.map((line) => `${agentName} | ${line}\n`).join(''));
    },
    end() {
      for (const { agentName, stream, text } of rests.values())
        if (text !== '') put(stream, `${agentName} | ${text}\n`);
      rests.clear();
    },
  };
}
