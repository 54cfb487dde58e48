import { describe, expect, it } from '@jest/globals';
import type { CommandRecord } from '@parley/shared-models';
import { exitCodeOfCommand } from './exit-code.ts';
import { agentIdsOf, commandLineOf } from './run-arguments.ts';

describe('the command line of parley run', () => {
  it('is a single word as it stands, for a shell there to read', () => {
    expect(commandLineOf(['df -h | sort'])).toBe('df -h | sort');
  });

  it('quotes several words so that they come out as they are', () => {
    expect(commandLineOf(['ls', '-l', 'my file', "it's", '$HOME', ''])).toBe(
      `ls -l 'my file' 'it'\\''s' '$HOME' ''`,
    );
  });
});

describe('the agents of parley run', () => {
  const agents = [
    { agentId: 'shell', agentName: 'Build' },
    { agentId: 'build', agentName: 'Other' },
  ];
  it('are meant by id first, then by name, each once', () => {
    expect(agentIdsOf('build', agents)).toEqual(['build']);
    expect(agentIdsOf('@other, BUILD,shell,', agents)).toEqual(['build', 'shell']);
    expect(agentIdsOf('nobody', agents)).toEqual(['nobody']);
  });

  it('are not guessed where several have the name', () => {
    const twice = [
      ...agents,
      { agentId: 'build-b', agentName: 'build' },
      { agentId: 'other', agentName: 'BUILD' },
    ];
    expect(() => agentIdsOf('Build', twice)).toThrow(
      'Several agents are called "Build". Name one by its id: shell, build-b, other.',
    );
    expect(agentIdsOf('build-b', twice)).toEqual(['build-b']);
  });
});

describe('the exit code of parley run', () => {
  const ended = (fields: Partial<CommandRecord>) => fields as CommandRecord;
  it.each([
    [{ state: 'succeeded', exitCode: 0 }, 0],
    [{ state: 'failed', exitCode: 7 }, 7],
    [{ state: 'failed', signal: 'SIGKILL' }, 137],
    [{ state: 'failed' }, 1],
    [{ state: 'lost' }, 1],
    [{ state: 'cancelled', signal: 'SIGTERM' }, 130],
    [{ state: 'timed_out', signal: 'SIGTERM' }, 124],
    [{ state: 'refused' }, 126],
  ] as const)('of %j is %i', (fields, code) => {
    expect(exitCodeOfCommand([ended(fields)])).toBe(code);
  });

  it('of several is 0 only when all have succeeded', () => {
    const good = ended({ state: 'succeeded', exitCode: 0 });
    expect(exitCodeOfCommand([good, good])).toBe(0);
    expect(exitCodeOfCommand([good, ended({ state: 'failed', exitCode: 7 })])).toBe(1);
  });
});
