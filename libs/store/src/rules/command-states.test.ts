import { describe, expect, it } from '@jest/globals';
import { type CommandResult, CommandState, isFinalCommandState, newId } from '@parley/shared-models';
import type { CommandEvent, StoredCommand } from '../ports/commands.ts';
import { finalStateOf, stepCommand } from './command-states.ts';

const AT = '2026-01-31T09:30:00.000Z';
const ada = { id: 'ada', name: 'Ada' };
const eve = { id: 'eve', name: 'Eve' };
const PROCESS = 'process 1';

function aCommand(state: CommandState, fields: Partial<StoredCommand['record']> = {}): StoredCommand {
  return {
    record: {
      id: newId(),
      agentId: 'shell',
      agentName: 'Shell',
      requestedBy: ada,
      type: 'shell',
      command: 'ls',
      timeoutMs: 1000,
      state,
      createdAt: AT,
      truncated: false,
      outputSeq: 0,
      ...fields,
    },
    instanceId: state === 'queued' ? undefined : PROCESS,
    outputBytes: 0,
  };
}

const aResult = (fields: Partial<CommandResult> = {}): CommandResult => ({
  commandId: newId(),
  agentId: 'shell',
  success: true,
  truncated: false,
  durationMs: 5,
  ...fields,
});

const EVENTS = {
  take: { do: 'take', instanceId: PROCESS },
  run: { do: 'run', instanceId: PROCESS },
  await: { do: 'await', instanceId: PROCESS, rule: 'restarts' },
  approve: { do: 'approve', by: eve },
  reject: { do: 'reject', by: eve },
  cancel: { do: 'cancel', by: eve },
  end: { do: 'end', instanceId: PROCESS, result: aResult() },
  lose: { do: 'lose', instanceId: PROCESS, reason: 'gone' },
  expire: { do: 'expire', reason: 'too long' },
  overrun: { do: 'overrun', reason: 'too long' },
} as const satisfies Record<CommandEvent['do'], CommandEvent>;
const NAMES = Object.keys(EVENTS) as (keyof typeof EVENTS)[];

/** The state after each event; `-`: nothing changes. In the order of `EVENTS`. */
const TABLE: Partial<Record<CommandState, string>> = {
  queued: 'sent - - - - cancelled - - failed -',
  sent: '- running awaiting_approval - - sent succeeded lost - timed_out',
  awaiting_approval: '- running - sent refused cancelled succeeded lost refused -',
  running: '- - - - - running succeeded lost - timed_out',
};

describe('a command', () => {
  const cells = CommandState.options.flatMap((state) => {
    const after = TABLE[state]?.split(' ') ?? NAMES.map(() => '-');
    expect(after).toHaveLength(NAMES.length);
    return NAMES.map((name, index) => [state, name, after[index] ?? ''] as const);
  });

  it.each(cells)('that is %s, after %s: %s', (state, name, expected) => {
    const before = aCommand(state);
    const after = stepCommand(before, EVENTS[name], AT);
    expect(after?.record.state ?? '-').toBe(expected);
    if (after === undefined) return;
    expect(after.record.endedAt !== undefined).toBe(isFinalCommandState(after.record.state));
    expect(before).toEqual(aCommand(state, { id: before.record.id }));
  });

  const fromProcess = NAMES.filter((name) => name !== 'take' && 'instanceId' in EVENTS[name]);
  it.each(CommandState.options.flatMap((state) => fromProcess.map((name) => [state, name] as const)))(
    'that is %s does not listen to another process about %s',
    (state, name) => {
      const event = { ...EVENTS[name], instanceId: 'process 2' } as CommandEvent;
      expect(stepCommand(aCommand(state), event, AT)).toBeUndefined();
    },
  );

  it('belongs to the process that took it', () => {
    const sent = stepCommand(aCommand('queued'), EVENTS.take, AT);
    expect(sent).toMatchObject({ instanceId: PROCESS, record: { state: 'sent', sentAt: AT } });
  });

  it('that was approved does not wait again because of an old report', () => {
    const approved = stepCommand(aCommand('awaiting_approval'), EVENTS.approve, AT);
    expect(approved?.record).toMatchObject({ state: 'sent', approvedBy: eve });
    expect(approved && stepCommand(approved, EVENTS.await, AT)).toBeUndefined();
  });

  it('says where the one who asked for it let it pass too', () => {
    const event = { do: 'approve', by: ada, isRequester: true } as const;
    const { record } = stepCommand(aCommand('awaiting_approval'), event, AT) ?? {};
    expect(record?.approvedBy).toEqual({ ...ada, isRequester: true });
  });

  it('names the rule, who rejected it and why', () => {
    const waiting = stepCommand(aCommand('sent'), EVENTS.await, AT);
    expect(waiting?.record.rule).toBe('restarts');
    const reason = { do: 'reject', by: eve, reason: 'not now' } as const;
    expect(waiting && stepCommand(waiting, reason, AT)?.record.errorMessage).toBe('Eve rejected it: not now');
  });

  it('that runs remembers the first who cancelled it, and ends by its result', () => {
    const cancelled = stepCommand(aCommand('running'), EVENTS.cancel, AT);
    expect(cancelled?.record).toMatchObject({ state: 'running', cancelledBy: eve });
    if (cancelled === undefined) return;
    expect(stepCommand(cancelled, { do: 'cancel', by: ada }, AT)).toBeUndefined();
    const ended = stepCommand(cancelled, { ...EVENTS.end, result: aResult({ exitCode: 0 }) }, AT);
    expect(ended?.record).toMatchObject({ state: 'succeeded', exitCode: 0, durationMs: 5 });
  });

  it('stays truncated when its agent did not notice', () => {
    const ended = stepCommand(aCommand('running', { truncated: true }), EVENTS.end, AT);
    expect(ended?.record.truncated).toBe(true);
  });
});

describe('a result', () => {
  const all = { refusedByRule: '', isLost: true, isCancelled: true, isTimedOut: true, success: true };
  it.each([
    ['refused', all],
    ['lost', { ...all, refusedByRule: undefined }],
    ['cancelled', { isCancelled: true, isTimedOut: true }],
    ['timed_out', { isTimedOut: true }],
    ['succeeded', {}],
    ['failed', { success: false }],
  ])('means %s', (state, fields) => {
    expect(finalStateOf(aResult(fields as Partial<CommandResult>))).toBe(state);
  });
});
