/** Which of some things a text belongs to. */
export interface ClassifyRequest {
  /** Only its first 2,000 characters are sent. */
  readonly text: string;
  readonly options: readonly ClassOption[];
  /** Stops the question and closes the request to the provider. */
  readonly signal?: AbortSignal;
  /** The whole question, in milliseconds. It is asked once, without further tries. @default 3000 */
  readonly timeoutMs?: number;
}

export interface ClassOption {
  readonly id: string;
  /** One line about the texts that belong to it. */
  readonly description: string;
}

export interface Classification {
  /** One of the options, or undefined: it belongs to no option. */
  readonly id: string | undefined;
  /** 0 to 1, in the model's own opinion. */
  readonly confidence: number;
}
