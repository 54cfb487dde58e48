import type { z } from 'zod';

/** One operation on an agent's memory: first the change, then the reply. Both are pure. */
export interface Call<State> {
  /** @default nothing is changed */
  readonly change?: ((state: State, at: Date) => State) | undefined;
  /**
   * The reply, line by line. `state` is the one after all changes of the message; a message that is
   * handled again sees just that one, so a line must not need the state before.
   */
  tell(state: State, at: Date): readonly string[];
}

/** Something an agent can do, the same for the offline rules and, as a tool, for a language model. */
export interface Action<State, Input> {
  /** As a language model calls it: `record_expense`. */
  readonly name: string;
  /** For the language model. */
  readonly description: string;
  readonly input: z.ZodType<Input>;
  call(input: Input): Call<State>;
}

/** An action whose input is checked where it is called. */
export interface AnyAction<State> {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodType;
  /** @throws ZodError when the input does not fit `input` */
  callUnchecked(input: unknown): Call<State>;
}

export function defineAction<State, Input>(
  action: Action<State, Input>,
): Action<State, Input> & AnyAction<State> {
  return { ...action, callUnchecked: (input) => action.call(action.input.parse(input)) };
}

/** A reply that neither changes nor needs the memory. */
export interface Remark {
  readonly change?: undefined;
  tell(): readonly string[];
}

export function say(...lines: readonly string[]): Remark {
  return { tell: () => lines };
}
