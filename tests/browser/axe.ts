import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const CONTRAST = 'color-contrast';

/**
 * What axe finds wrong by WCAG 2.2 AA and its own best practice, in a form that a failed test can print.
 * @param rules those on colours take the longest; the others say the same in light and dark. @default 'all'
 */
export async function violations(
  page: Page,
  rules: 'all' | 'colours' | 'all but colours' = 'all',
): Promise<string[]> {
  // Legacy mode: without frames there is nothing to gather in a page of its own, which takes longer than the rest.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  if (rules === 'colours') axe.withRules([CONTRAST]);
  else axe.withTags(RULES);
  if (rules === 'all but colours') axe.disableRules([CONTRAST]);
  const results = await axe.analyze();
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
  );
}
