import { describe, expect, it } from '@jest/globals';
import { type CommandRecord, CommandRequestBody } from '@parley/shared-models';
import { draftOf, EMPTY_DRAFT, problemOf, repeatOf, requestOf } from './run-request.ts';

const draft = { ...EMPTY_DRAFT, agentIds: ['shell'], command: 'ls' };
const record: CommandRecord = {
  id: '0198c0de-0000-7000-8000-000000000001',
  agentId: 'shell',
  agentName: 'Shell',
  requestedBy: { id: 'ada', name: 'Ada' },
  type: 'shell',
  command: 'ls',
  cwd: '/tmp',
  timeoutMs: 90_500,
  state: 'failed',
  createdAt: '2026-01-31T09:30:00.000Z',
  truncated: false,
  outputSeq: 0,
};

describe('the form that runs commands', () => {
  it.each([
    [{}, undefined],
    [{ agentIds: [] }, 'Choose where'],
    [{ command: '  ' }, 'Write a command'],
    [{ timeLimit: '0.5' }, undefined],
    [{ timeLimit: '0' }, 'time limit'],
    [{ timeLimit: 'soon' }, 'time limit'],
    [{ timeLimit: '86401' }, 'time limit'],
  ])('names the missing input: %j', (more, problem) => {
    if (problem === undefined) expect(problemOf({ ...draft, ...more })).toBeUndefined();
    else expect(problemOf({ ...draft, ...more })).toContain(problem);
  });

  it.each([
    [{}, { agentId: 'shell', command: 'ls' }],
    [
      { agentIds: ['a', 'b'], cwd: ' /tmp ' },
      { agentIds: ['a', 'b'], command: 'ls', cwd: '/tmp' },
    ],
    [{ timeLimit: '1.5' }, { agentId: 'shell', command: 'ls', timeoutMs: 1500 }],
  ])('makes a request that the server accepts: %j', (more, request) => {
    expect(requestOf({ ...draft, ...more })).toEqual(request);
    expect(CommandRequestBody.parse(request)).toEqual(request);
  });

  it('repeats a command and a batch', () => {
    expect(repeatOf([record])).toEqual({ agentId: 'shell', command: 'ls', cwd: '/tmp', timeoutMs: 90_500 });
    const status = { ...record, type: 'status', command: '' } as const;
    const batch = repeatOf([status, { ...status, agentId: 'other' }]);
    expect(batch).toMatchObject({ agentIds: ['shell', 'other'], commandType: 'status' });
    expect(CommandRequestBody.safeParse(batch).success).toBe(true);
  });

  it('is filled with the values of the commands', () => {
    expect(draftOf([record])).toEqual({ agentIds: ['shell'], command: 'ls', cwd: '/tmp', timeLimit: '90.5' });
    expect(requestOf(draftOf([record]))).toEqual(repeatOf([record]));
  });
});
