import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type CommandRecord, newId } from '@parley/shared-models';
import type { CommandEvent } from '@parley/store';
import { makeServices, type ServicesFixture, silent } from '../../testing/server-fixture.ts';
import { LOCAL_USER } from '../users/local-user.ts';
import { byOperator } from './command-audit.ts';
import { type CommandWatch, createCommandWatch } from './command-watch.ts';

const instanceId = 'process 1';
const ada = { id: 'ada', name: 'Ada' };
const QUEUE_TTL_MS = 600_000;
const TIMEOUT_MS = 30_000;
const CANCEL_GRACE_MS = 60_000;

describe('the watch over commands', () => {
  let fixture: ServicesFixture;
  let watch: CommandWatch;
  let now: number;
  let command: CommandRecord;

  beforeEach(async () => {
    // The agent lives throughout.
    fixture = await makeServices({ HEARTBEAT_MS: '600000' });
    now = 1_000_000;
    const { store, services } = fixture;
    const incarnation = await fixture.register('shell', instanceId);
    await store.commands.bindProcess({ agentId: 'shell', instanceId, incarnation });
    watch = createCommandWatch({
      commands: store.commands,
      agents: services.agents,
      delivery: {
        opened: () => () => {},
        kick() {},
        settled() {},
        stopCommand() {},
        async stop() {},
      },
      hub: services.commandService.hub,
      logger: silent,
      heartbeatMs: 600_000,
      queueTtlMs: QUEUE_TTL_MS,
      approvalTtlMs: 86_400_000,
      clock: () => now,
    });
    const asked = {
      id: newId(),
      agentId: 'shell',
      agentName: 'Shell',
      requestedBy: ada,
      type: 'shell',
      command: 'ls',
      timeoutMs: TIMEOUT_MS,
    } as const;
    await store.commands.add(
      [asked],
      byOperator('command.run', { user: LOCAL_USER, remoteAddress: undefined }),
    );
    command = await applied({ do: 'take', instanceId }, asked.id);
  });
  afterEach(() => fixture.remove());

  const applied = async (event: CommandEvent, id = command.id): Promise<CommandRecord> => {
    const result = await fixture.store.commands.apply(id, event);
    if (result === undefined) throw new Error('there is no such command');
    return result.command.record;
  };
  /** Time goes on in steps, in each of which the agent was heard of. */
  const after = async (ms: number): Promise<CommandRecord | undefined> => {
    await watch.look();
    now += ms;
    await watch.look();
    return (await fixture.store.commands.get(command.id))?.record;
  };

  it('takes one for lost that its agent does not begin, once it has waited as long as it may and could have run', async () => {
    expect(await after(QUEUE_TTL_MS + TIMEOUT_MS)).toMatchObject({ state: 'sent' });
    expect(await after(1)).toMatchObject({
      state: 'lost',
      errorMessage: 'Its agent did not begin it in time.',
    });
  });

  it('does not count the time that one waited for an approval', async () => {
    await after(QUEUE_TTL_MS);
    await applied({ do: 'await', instanceId });
    await after(TIMEOUT_MS + 1);
    await applied({ do: 'approve', by: { id: 'eve', name: 'Eve' }, isRequester: false });
    expect(await after(QUEUE_TTL_MS + TIMEOUT_MS)).toMatchObject({ state: 'sent' });
    expect(await after(1)).toMatchObject({ state: 'lost' });
  });

  it.each(['sent', 'running'] as const)(
    'takes one for lost that is %s and was cancelled, and that its agent does not stop',
    async (state) => {
      if (state === 'running') await applied({ do: 'run', instanceId });
      expect(await after(CANCEL_GRACE_MS + 1)).toMatchObject({ state });
      await applied({ do: 'cancel', by: ada });
      expect(await after(CANCEL_GRACE_MS)).toMatchObject({ state });
      expect(await after(1)).toMatchObject({
        state: 'lost',
        errorMessage: 'It was cancelled, and its agent did not stop it.',
      });
    },
  );
});
