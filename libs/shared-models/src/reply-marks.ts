import { z } from 'zod';

/**
 * What the metadata of a reply may say of how its text came about. Where there is a `note`, it is the last paragraph of the
 * text, so that people read it through every door; a client that shows the mark in another way may leave that paragraph out.
 */
export const ReplyMarks = z.object({
  /** The person stopped the answer: the text is its beginning. */
  isStopped: z.literal(true).exactOptional(),
  /** The language model or its connection failed in the middle: the text is the beginning. */
  isBroken: z.literal(true).exactOptional(),
  /** A limit was reached: the text is the beginning. */
  isCutOff: z.literal(true).exactOptional(),
  /** Which limit: `3,000 tokens for one answer (LLM_MAX_OUTPUT_TOKENS)`. */
  limit: z.string().exactOptional(),
  /** The provider's content filter ended the answer. */
  isFiltered: z.literal(true).exactOptional(),
  /** The sentence about it: what happened, why, and what one can do. */
  note: z.string().exactOptional(),
  /** What a language model thought before it answered, at most 8,000 UTF-16 code units. */
  reasoning: z.string().exactOptional(),
});
export type ReplyMarks = z.infer<typeof ReplyMarks>;
