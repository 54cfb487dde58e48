import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const CONTRAST = 'color-contrast';
/** What may be right on a wide page and wrong on a narrow one. */
const SIZES = ['target-size', 'scrollable-region-focusable'];

/**
 * What axe finds wrong by WCAG 2.2 AA and its own best practice, in a form that a failed test can print.
 * @param rules a dark page has other colours than a light one, a narrow one other sizes than a wide one, and each the
 *   rest alike. @default 'all'
 */
export async function violations(page: Page, rules: 'all' | 'colours' | 'sizes' = 'all'): Promise<string[]> {
  // Legacy mode: without frames there is nothing to gather in a page of its own, which takes longer than the rest.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (rules === 'all') axe.withTags(RULES);
  else axe.withRules(rules === 'colours' ? [CONTRAST] : SIZES);
  const results = await axe.analyze();
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}
