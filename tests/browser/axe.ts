import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const CONTRAST = 'color-contrast';
/** Rules whose results depend on the width of the page. */
const SIZES = ['target-size', 'scrollable-region-focusable'];

/**
 * The violations that axe finds by WCAG 2.2 AA and its own best practice, in a form that a failed test can print.
 * @param rules `colours` suffices for a dark page and `sizes` for a narrow one, if the light, wide page was checked with
 *   all rules. @default 'all'
 */
export async function violations(page: Page, rules: 'all' | 'colours' | 'sizes' = 'all'): Promise<string[]> {
  // Legacy mode: the page has no frames, so axe need not collect results in a page of its own, which takes longer.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (rules === 'all') axe.withTags(RULES);
  else axe.withRules(rules === 'colours' ? [CONTRAST] : SIZES);
  const results = await axe.analyze();
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}
