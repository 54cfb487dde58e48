import type { MessageContext } from '@parley/agent-kit';
import type { AnswerEnd, LanguageModel, TextRequest } from '@parley/language-model';
import { ParleyError, type ReplyMarks } from '@parley/shared-models';

/** A model that reads a long prompt may take its time before it begins, and as long again as an answer takes. */
export function answerTimeoutMs({ firstPieceMs = 0 }: LanguageModel): number {
  return Math.max(180_000, 120_000 + firstPieceMs);
}

/** Whether the model failed, so that something else has to answer; anything else is to be thrown on. */
export function isModelFailure(error: unknown, signal: AbortSignal): error is ParleyError {
  return !signal.aborted && error instanceof ParleyError && error.code === 'agent_failed';
}

/**
 * Streams a model's answer as the reply, marked where it is not whole. The text written before the model failed is
 * kept: it is the reply, with the error as its last paragraph.
 * Resolves with whether the answer came to its own end.
 * @throws ParleyError as `streamText`, where nothing was written
 */
export async function streamAnswer(
  { stream, signal, logger }: Pick<MessageContext, 'stream' | 'signal' | 'logger'>,
  model: LanguageModel,
  request: TextRequest,
): Promise<{ readonly isBroken: boolean }> {
  let end: AnswerEnd = {};
  let marks: ReplyMarks = {};
  async function* pieces(): AsyncGenerator<string, void, undefined> {
    let hasText = false;
    try {
      const answer = model.streamText({
        ...request,
        signal,
        onEnd: (known) => {
          end = known;
        },
      });
      for await (const piece of answer) {
        hasText = true;
        yield piece;
      }
    } catch (error) {
      if (!hasText || !isModelFailure(error, signal)) throw error;
      logger.warn({ err: error, languageModel: model.label }, 'the language model failed in mid-answer');
      const note = `*${error.message} Write “continue” for the rest.*`;
      marks = { isBroken: true, note };
      yield `\n\n${note}`;
    }
  }
  await stream(pieces(), () => ({ ...end, ...marks }));
  return { isBroken: marks.isBroken === true };
}
