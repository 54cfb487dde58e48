/** Result of a check. A check never rejects: a failure to find out is a finding, too. */
export interface Finding {
  readonly name: string;
  readonly isOk: boolean;
  readonly found: string;
  /** The remedy, where it is not ok. */
  readonly advice?: string;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
