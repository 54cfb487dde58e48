import type { z } from 'zod';

/** Something that a language model may do while it answers. */
export interface ModelTool {
  /** 1 to 64 of a-z, 0-9 and `_`: `record_expense`. */
  readonly name: string;
  /** For the model: its effect and when to use it. */
  readonly description: string;
  /** An object; arguments that do not fit never reach `run`: the model is told so and may call again. */
  readonly input: z.ZodType;
  /**
   * Gets the arguments as parsed by `input`, and returns the text for the model. An error that it throws ends the answer
   * and reaches the reader of the pieces.
   */
  run(input: unknown): Promise<string>;
}
