import type { AgentMemory } from '@parley/agent-kit';
import type { JsonValue } from '@parley/shared-models';
import type { z } from 'zod';
import type { Call } from './action.ts';

/** An agent's memory of a person: one value under one key, so that a message changes it once. */
export interface Remembered<State extends JsonValue> {
  readonly key: string;
  readonly schema: z.ZodType<State>;
  /** Before anything was said. */
  readonly empty: State;
}

/** Makes the changes, all in one, and returns the reply. */
export async function runCalls<State extends JsonValue>(
  memory: AgentMemory,
  remembered: Remembered<State>,
  calls: readonly Call<State>[],
  at: Date,
): Promise<string> {
  const { key, schema, empty } = remembered;
  const changes = calls.flatMap(({ change }) => (change === undefined ? [] : [change]));
  const state =
    changes.length === 0
      ? ((await memory.get(key, schema)) ?? empty)
      : await memory.update(key, schema, (current) =>
          changes.reduce((before, change) => change(before, at), current ?? empty),
        );
  const told = calls.map((call) => call.tell(state, at));
  // Two calls may end with the same sum: it is said once, with the last.
  const isSaidLater = (line: string, index: number): boolean =>
    line !== '' && told.slice(index + 1).some((later) => later.includes(line));
  return told.flatMap((lines, index) => lines.filter((line) => !isSaidLater(line, index))).join('\n');
}
