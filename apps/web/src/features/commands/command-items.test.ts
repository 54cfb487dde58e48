import { describe, expect, it } from '@jest/globals';
import type { CommandRecord } from '@parley/shared-models';
import { EVERYTHING, groupCommands, historyOf, passes, summaryText } from './command-items.ts';

function command(id: string, more: Partial<CommandRecord> = {}): CommandRecord {
  return {
    id,
    agentId: 'shell',
    agentName: 'Shell',
    requestedBy: { id: 'ada', name: 'Ada' },
    type: 'shell',
    command: `echo ${id}`,
    timeoutMs: 1000,
    state: 'succeeded',
    createdAt: '2026-01-31T09:30:00.000Z',
    truncated: false,
    outputSeq: 0,
    ...more,
  };
}

describe('the list of commands', () => {
  it('has one row for those that were asked for at once', () => {
    const [one, two, three] = [
      command('1', { batchId: 'b' }),
      command('2'),
      command('3', { batchId: 'b', agentId: 'other' }),
    ];
    expect(groupCommands([one, two, three])).toEqual([
      { id: 'b', commands: [one, three] },
      { id: '2', commands: [two] },
    ]);
  });

  it.each([
    ['nothing', EVERYTHING, true],
    ['the command line', { ...EVERYTHING, text: ' ECHO' }, true],
    ['who asked', { ...EVERYTHING, text: 'ada' }, true],
    ['another text', { ...EVERYTHING, text: 'rm' }, false],
    ['another agent', { ...EVERYTHING, agentId: 'other' }, false],
    ['the state', { ...EVERYTHING, state: 'succeeded' }, true],
    ['another state', { ...EVERYTHING, text: 'echo', state: 'failed' }, false],
  ] as const)('is narrowed by %s', (_, filter, isShown) => {
    expect(passes(command('1'), filter)).toBe(isShown);
  });

  it('sums up a batch', () => {
    const commands = [
      command('1'),
      command('2', { state: 'refused' }),
      command('3', { state: 'running' }),
      command('4', { state: 'running' }),
    ];
    expect(summaryText(commands)).toBe('1 of 4 succeeded, 2 running, 1 refused');
  });

  it('gives back the command lines of one person, each once, the last one first', () => {
    const commands = [
      command('3', { command: 'ls' }),
      command('2', { requestedBy: { id: 'bo', name: 'Bo' } }),
      command('s', { type: 'status', command: '' }),
      command('1', { command: 'id' }),
      command('0', { command: 'ls' }),
    ];
    expect(historyOf(commands, 'ada')).toEqual(['ls', 'id']);
    expect(historyOf(commands, undefined)).toEqual([]);
  });
});
