import { type Figures, median, type Part, VARIANTS, type Variant } from './part.ts';

/** A Markdown table: the median of the rounds for each variant, and its ratio to the bare column. */
export function tableOf(
  parts: readonly Part[],
  rounds: Readonly<Record<Variant, readonly Figures[]>>,
): string {
  const medianOf = (variant: Variant, label: string): number =>
    median(rounds[variant].flatMap((figures) => figures[label] ?? []));

  const lines = parts.flatMap(({ rows }) =>
    Object.entries(rows).flatMap(([label, { digits, hasRatio = false }]) => {
      const bare = medianOf('bare', label);
      const cells = VARIANTS.map((variant) => {
        const value = medianOf(variant, label);
        if (Number.isNaN(value)) return '–';
        const ratio =
          !hasRatio || variant === 'bare' || Number.isNaN(bare) ? '' : ` (${(value / bare).toFixed(2)})`;
        return `${value.toFixed(digits)}${ratio}`;
      });
      return cells.every((cell) => cell === '–') ? [] : [`| ${label} | ${cells.join(' | ')} |`];
    }),
  );
  const head = [`| figure | ${VARIANTS.join(' | ')} |`, `| --- ${'| --- '.repeat(VARIANTS.length)}|`];
  return [...head, ...lines].join('\n');
}
