import { expect, it } from '@jest/globals';
import { fuzz } from './fuzz.ts';

it('is not harmed by anything that a member, an agent or a stranger sends, and answers others meanwhile', async () => {
  const lines: string[] = [];
  const report = await fuzz({
    seed: 17,
    frames: 20_000,
    bodies: 5_000,
    calls: 5_000,
    log: (line) => lines.push(line),
  });
  expect(report.findings).toEqual([]);
  expect(report.answered).toBeGreaterThan(0);
}, 600_000);
