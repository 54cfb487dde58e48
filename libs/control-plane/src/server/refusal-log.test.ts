import { describe, expect, it } from '@jest/globals';
import { recordingLogger } from '../../testing/recording-logger.ts';
import { createRefusalLog, type RefusedCall } from './refusal-log.ts';

const forged: RefusedCall = { kind: 'credential', peer: '192.0.2.7:1', method: '/a/B', agentId: 'echo' };

describe('the log of refused calls', () => {
  it('has one line a second of each kind, with how many there were between', () => {
    const logger = recordingLogger();
    let now = 5_000;
    const refused = createRefusalLog(logger, () => now);
    for (let time = 0; time < 100; time++) refused(forged);
    refused({ kind: 'join_token', peer: '192.0.2.8:1', method: '/a/C' });
    now += 1_000;
    refused(forged);
    now += 1_000;
    refused(forged);
    expect(logger.lines.map(({ fields }) => fields)).toEqual([
      forged,
      { kind: 'join_token', peer: '192.0.2.8:1', method: '/a/C' },
      { ...forged, more: 99 },
      forged,
    ]);
  });
});
