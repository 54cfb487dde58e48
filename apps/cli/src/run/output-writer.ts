import type { OutputStreamName } from '@parley/shared-models';
import { plain } from '../output.ts';

/** Writes the output of commands: stdout to stdout, stderr to stderr. Of several agents line by line, each with its name. */
export interface OutputWriter {
  /** @param commandId of the command that printed it: agents may share a name */
  write(commandId: string, agentName: string, stream: OutputStreamName, data: string): void;
  /** Writes the rest that has no line break at its end yet. */
  end(): void;
}

/** A carriage return at the end may be the first half of a line break. */
const LINE_END = /\r?\n|\r(?!$)/;

/**
 * Of several agents the output is text for people: control characters are shown, and a carriage return ends the line, so
 * that no command writes over an agent's name. Of one agent only a terminal gets it in this way; a file or another program
 * gets the command's output unchanged. With `--raw` control characters are never touched.
 * @param put @default to the streams of this process
 */
export function outputWriter(
  isPrefixed: boolean,
  put: (stream: OutputStreamName, text: string) => void = (stream, text) => void process[stream].write(text),
  isTerminal: (stream: OutputStreamName) => boolean = (stream) => process[stream].isTTY,
  isRaw = false,
): OutputWriter {
  const rests = new Map<string, { prefix: string; stream: OutputStreamName; text: string }>();
  return {
    write(commandId, agentName, stream, data) {
      if (!isPrefixed && (isRaw || !isTerminal(stream))) return put(stream, data);
      const key = `${stream} ${commandId}`;
      const prefix = isPrefixed ? `${plain(agentName)} | ` : '';
      const lines = ((rests.get(key)?.text ?? '') + data).split(LINE_END);
      const rest = lines.pop() ?? '';
      const whole = lines.map((line) => `${prefix}${plain(line)}\n`).join('');
      // Of one agent a question such as "continue? " is seen before its line ends.
      const isSeen = !isPrefixed && !rest.endsWith('\r');
      rests.set(key, { prefix, stream, text: isSeen ? '' : rest });
      put(stream, isSeen ? whole + plain(rest) : whole);
    },
    end() {
      for (const { prefix, stream, text } of rests.values())
        if (text !== '') put(stream, `${prefix}${plain(text.replace(/\r$/, ''))}\n`);
      rests.clear();
    },
  };
}
