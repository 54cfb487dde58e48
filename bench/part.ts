/** The columns of the table. */
export const VARIANTS = ['bare', 'RabbitMQ', 'embedded'] as const;
export type Variant = (typeof VARIANTS)[number];

/** How the figures of one row are shown. */
export interface Row {
  /** Digits behind the point. */
  readonly digits: number;
  /** Whether the ratio to the bare column stands beside each figure. @default false */
  readonly hasRatio?: boolean;
}

/** Figures by the label of their row. One that this machine cannot give is left out. */
export type Figures = Readonly<Record<string, number>>;

export interface Measurement {
  readonly needsRabbitMq: boolean;
  /** One round. */
  measure(): Promise<Figures>;
}

/** One thing that is measured, in some of the variants. */
export interface Part {
  /** An argument of the command selects by `<name>, <variant>`. */
  readonly name: string;
  /** By label, in the order of the table. */
  readonly rows: Readonly<Record<string, Row>>;
  readonly variants: Readonly<Partial<Record<Variant, Measurement>>>;
}

/** The middle value; of an even number the mean of the middle two. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (lower + upper) / 2;
}

/** The value below which so large a share of them lies, from 0 to 1. NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
