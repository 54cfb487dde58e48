import { describe, expect, it } from '@jest/globals';
import { ParleyError } from '@parley/shared-models';
import { recordingLogger } from '../../testing/recording-logger.ts';
import { createFailureLog } from './failure-log.ts';

function fixture() {
  const logger = recordingLogger();
  const clock = { now: 0 };
  const log = createFailureLog(logger, 'agent "Echo"', '127.0.0.1:50051', () => clock.now);
  return { logger, clock, log };
}
const away = new ParleyError('unavailable', 'connect ECONNREFUSED');

describe('the log of failed connections', () => {
  it('says the first failure in one line and is silent about those that follow at once', () => {
    const { logger, log } = fixture();
    log.failed(away);
    log.failed(away);
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'agent "Echo" has no server at 127.0.0.1:50051: connect ECONNREFUSED; trying again',
        fields: { code: 'unavailable', url: '127.0.0.1:50051', awayMs: 0 },
      },
    ]);
  });

  it('says it again at growing intervals', () => {
    const { logger, clock, log } = fixture();
    const loggedAt: number[] = [];
    for (; clock.now <= 1_200_000; clock.now += 1_000) {
      const before = logger.lines.length;
      log.failed(away);
      if (logger.lines.length > before) loggedAt.push(clock.now / 1_000);
    }
    expect(loggedAt).toEqual([0, 10, 30, 70, 150, 310, 610, 910]);
  });

  it('says at once when the reason has become another one', () => {
    const { logger, log } = fixture();
    log.failed(away);
    log.failed(new ParleyError('unauthenticated', 'The join token is wrong.'));
    expect(logger.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', expect.stringContaining('has no server')],
      ['error', expect.stringContaining('is refused by 127.0.0.1:50051: The join token is wrong.')],
    ]);
  });

  it('does not make a failure of a server that has only forgotten the agent', () => {
    const { logger, log } = fixture();
    log.failed(new ParleyError('not_registered', 'There is no agent "echo".'));
    expect(logger.lines[0]).toMatchObject({
      level: 'info',
      message: 'agent "Echo" is unknown to the server: registering again',
    });
  });

  it('says once that the server is back, and how long it was away, and starts anew', () => {
    const { logger, clock, log } = fixture();
    log.succeeded();
    log.failed(away);
    clock.now = 4_321;
    log.succeeded();
    log.succeeded();
    log.failed(away);
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'info', 'warn']);
    expect(logger.lines[1]?.fields).toEqual({ url: '127.0.0.1:50051', awayMs: 4_321 });
  });
});
