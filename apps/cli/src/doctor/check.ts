/** What a check found. A check never rejects: what it cannot find out is a finding. */
export interface Finding {
  readonly name: string;
  readonly isOk: boolean;
  readonly found: string;
  /** What to do, where it is not ok. */
  readonly advice?: string;
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
