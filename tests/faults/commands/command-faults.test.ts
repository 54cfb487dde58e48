import { describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { judgeCommands } from './command-verdict.ts';
import { runCommandFaults } from './run-command-faults.ts';

/** A short run with a fixed seed; `npm run test:faults -- --only commands` makes longer ones. */
describe('commands under faults', () => {
  it('end in exactly one state each, and none runs twice', async () => {
    const { wrong, counts, faults } = await runCommandFaults({ driver: 'embedded', seed: 3, faults: 10 });
    expect(wrong).toEqual([]);
    expect(counts.succeeded ?? 0).toBeGreaterThan(5);
    expect(Object.keys(faults).toSorted()).toEqual([
      'the agent is killed',
      'the server is killed',
      'the stream is cut',
    ]);
  }, 240_000);

  it('would be found out if they had run twice, ended twice or not at all', async () => {
    const [twice, both, never, silent] = [newId(), newId(), newId(), newId()];
    const { wrong } = await judgeCommands({
      asked: [twice, both, never, silent],
      states: new Map([
        [twice, 'succeeded'],
        [both, 'lost'],
        [never, 'running'],
        [silent, 'succeeded'],
      ]),
      told: new Map([[both, ['succeeded']]]),
      ran: [twice, twice],
      audit: [],
    });
    const expected = [
      `${twice} ran 2 times`,
      `${both} ended as succeeded and lost`,
      `${never} is running for ever`,
      `${silent} succeeded, but ran 0 times`,
      `${twice} has 0 endings in the audit`,
    ];
    for (const line of expected) expect(wrong).toContain(line);
  });
});
