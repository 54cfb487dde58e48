import { describe, expect, it } from '@jest/globals';
import { detailText, isBad } from './audit-text.ts';

describe('an entry of the audit', () => {
  it.each([
    [{ command: 'ls -l', type: 'shell' }, 'ls -l'],
    [{ durationMs: 1500.4, exitCode: 1 }, 'ran for 1.50 s · exit code 1'],
    [{ removed: 2, failed: 1, queues: [{ name: 'q', removed: 2 }] }, 'removed 2 · failed 1'],
    [{ type: 'status', requestedBy: 'ada' }, 'type status · requested by ada'],
    [undefined, ''],
  ])('shows %j in a line', (details, line) => {
    expect(detailText({ details })).toBe(line);
  });

  it.each([
    ['ok', false],
    ['succeeded', false],
    ['queued', false],
    ['cancelled', false],
    ['failed', true],
    ['forbidden', true],
    ['lost', true],
  ])('with the result %s stands out: %s', (result, isShownSo) => {
    expect(isBad({ result })).toBe(isShownSo);
  });
});
