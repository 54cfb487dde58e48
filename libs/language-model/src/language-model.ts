import type { ModelTool } from './model-tool.ts';
import type { Classification, ClassifyRequest } from './text-classification.ts';

/** One turn of a conversation, as a model sees it. */
export interface ModelMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

export interface TextRequest {
  /** The model's role and the manner of its answer; sent before the messages. */
  readonly system?: string;
  /** Oldest first; the last one is from the user. Neighbours of one role become one message. */
  readonly messages: readonly ModelMessage[];
  /** Stops the answer and closes the request to the provider. */
  readonly signal?: AbortSignal;
  /** The answer is cut off after so many tokens; `LLM_MAX_OUTPUT_TOKENS` wins. @default the provider's own limit */
  readonly maxOutputTokens?: number;
  /** 0: nearly the same answer each time; larger: more variety. @default the provider's own */
  readonly temperature?: number;
  /**
   * Functions that the model may call before and while it writes, in at most eight rounds; the offline rules ignore
   * them. @default none
   */
  readonly tools?: readonly ModelTool[];
  /** Called once with the facts about the answer, before the iteration ends; not by the offline rules. */
  readonly onEnd?: (end: AnswerEnd) => void;
}

/** Facts about an answer beside its text. */
export interface AnswerEnd {
  /** It was cut off by `limit`; the text ends with `note`, which names it. */
  readonly isCutOff?: true;
  /** For people: `3,000 tokens for one answer (LLM_MAX_OUTPUT_TOKENS)`. */
  readonly limit?: string;
  /** The provider's content filter ended it; the text ends with `note`. */
  readonly isFiltered?: true;
  /** The last sentence of the text, which is not the model's. */
  readonly note?: string;
  /** The model's reasoning before the answer; at most 8,000 UTF-16 code units. Not part of the text. */
  readonly reasoning?: string;
}

/** Something that writes text: a provider's model or the offline rules. */
export interface LanguageModel {
  /** For people: `offline rules`, `Mistral mistral-small-latest`, or host and model. Never holds a secret. */
  readonly label: string;
  /** Whether there is no model, only rules: an agent has to do everything else by itself. */
  readonly isOffline: boolean;
  /** How long the first piece of an answer may take, in milliseconds. @default it comes at once */
  readonly firstPieceMs?: number;
  /**
   * The answer in pieces, as they arrive. Nothing is asked before the first piece is read; ending the iteration
   * stops the model.
   * @throws ParleyError `agent_failed` when the provider fails; its message may be shown to anybody. `details.refused` is
   * `tools` where the model does not take them
   * @throws ParleyError `cancelled` once `signal` is aborted, or the signal's reason where that is a ParleyError
   */
  streamText(request: TextRequest): AsyncIterable<string>;
  /** The whole answer. Throws as `streamText`. */
  generateText(request: TextRequest): Promise<string>;
  /**
   * To which of the options a text belongs. Absent where there is no model.
   * @throws as `streamText`, and ParleyError `agent_failed` when the answer names no option or takes longer than `timeoutMs`
   */
  classify?(request: ClassifyRequest): Promise<Classification>;
}
