import type { z } from 'zod';

/** Something that a language model may do while it answers. */
export interface ModelTool {
  /** 1 to 64 of a-z, 0-9 and `_`: `record_expense`. */
  readonly name: string;
  /** For the model: what it does and when to use it. */
  readonly description: string;
  /** An object; what does not fit never reaches `run`, the model is told so and may call again. */
  readonly input: z.ZodType;
  /**
   * Gets what `input` made of the arguments, and returns what the model is told. What it throws ends the answer: it goes
   * through to whoever reads the pieces.
   */
  run(input: unknown): Promise<string>;
}
