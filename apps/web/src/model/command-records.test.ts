import { describe, expect, it } from '@jest/globals';
import type { CommandRecord } from '@parley/shared-models';
import { newestFirst, withCommands } from './command-records.ts';

const AT = '2026-01-31T09:30:00.000Z';

function command(id: string, more: Partial<CommandRecord> = {}): CommandRecord {
  return {
    id,
    agentId: 'shell',
    agentName: 'Shell',
    requestedBy: { id: 'ada', name: 'Ada' },
    type: 'shell',
    command: 'ls',
    timeoutMs: 1000,
    state: 'queued',
    createdAt: AT,
    truncated: false,
    outputSeq: 0,
    ...more,
  };
}

describe('the known commands', () => {
  const queued = command('one');
  const awaiting = command('one', { state: 'awaiting_approval', sentAt: AT });
  const sentAgain = command('one', { state: 'sent', sentAt: AT, approvedBy: { id: 'bo', name: 'Bo' } });
  const running = command('one', { ...sentAgain, state: 'running', startedAt: AT });
  const cancelling = command('one', { ...running, cancelledBy: { id: 'bo', name: 'Bo' } });
  const ended = command('one', { ...running, state: 'cancelled', endedAt: AT });
  const life = [queued, awaiting, sentAgain, running, cancelling, ended];

  it.each(life.slice(1).map((later, index) => [later.state, life[index] ?? later, later] as const))(
    'goes on to %s, and not back',
    (_, before, later) => {
      const known = withCommands({}, [before]);
      const news = withCommands(known, [later]);
      expect(news.one).toBe(later);
      expect(withCommands(news, [before])).toBe(news);
    },
  );

  it('never leaves a final state', () => {
    const known = withCommands({}, [ended]);
    expect(withCommands(known, [{ ...ended, state: 'succeeded' }])).toBe(known);
  });

  it('lists the one that was asked for last first', () => {
    const later = command('two', { createdAt: '2026-01-31T09:31:00.000Z' });
    const other = command('three', { agentName: 'Bash' });
    expect(newestFirst(withCommands({}, [queued, later, other]))).toEqual([later, other, queued]);
  });
});
