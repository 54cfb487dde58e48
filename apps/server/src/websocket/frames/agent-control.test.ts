import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type ClientFrameOf, newId, ParleyError } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../../../testing/server-fixture.ts';
import type { ServerServices } from '../../server-services.ts';
import { LOCAL_USER } from '../../users/local-user.ts';
import type { ClientSocket } from '../client-socket.ts';
import { createFollowedConversations } from '../followed-conversations.ts';
import { onAgentControl } from './agent-control.ts';

describe('control of agents', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
    for (const agentId of ['echo', 'hr', 'finance']) await fixture.register(agentId);
  });
  afterEach(() => fixture.remove());

  const ask = async (
    frame: Omit<ClientFrameOf<'agent.control'>, 'type'>,
    services: ServerServices = fixture.services,
  ): Promise<void> => {
    const socket: ClientSocket = {
      connectionId: newId(),
      user: LOCAL_USER,
      remoteAddress: '127.0.0.1',
      services,
      frames: 1,
      conversations: createFollowedConversations(services.hub, { onFrame() {} }),
      sendFrame() {},
      send() {},
      flushed: async () => {},
      isOpen: () => true,
    };
    await onAgentControl({ type: 'agent.control', ...frame }, socket);
  };
  const states = (): Record<string, string> =>
    Object.fromEntries(fixture.services.agents.list().map(({ agentId, state }) => [agentId, state]));

  /** The agent whose control cannot be entered. */
  const failingFor = (...ids: string[]): ServerServices => {
    const { audit } = fixture.services;
    return {
      ...fixture.services,
      audit: {
        ...audit,
        async enter(entry) {
          if (ids.includes(entry.agentId ?? '')) throw new ParleyError('store_unavailable', 'secret details');
          await audit.enter(entry);
        },
      },
    };
  };

  it('of all goes on when some fail, and names those together', async () => {
    const asked = ask({ agentId: '*', action: 'pause' }, failingFor('echo', 'finance'));
    const failure = { code: 'unavailable', message: expect.stringContaining('Try again later') };
    await expect(asked).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^2 of 3 agents failed\. (echo:.*finance:|finance:.*echo:)/),
      details: {
        failures: expect.arrayContaining([
          { agentId: 'echo', ...failure },
          { agentId: 'finance', ...failure },
        ]),
      },
    });
    expect(states()).toEqual({ echo: 'paused', hr: 'paused', finance: 'paused' });
    const { entries } = await fixture.store.audit.list({ action: 'agent.pause', limit: 10 });
    expect(entries.map(({ agentId }) => agentId)).toEqual(['hr']);
  });

  it('of one that fails says what it failed of', async () => {
    await expect(ask({ agentId: 'nobody', action: 'pause' })).rejects.toMatchObject({
      code: 'unknown_agent',
    });
  });

  it('shuts down only who is there, and says when nobody is', async () => {
    const offline = { code: 'agent_offline' };
    for (const agentId of ['echo', 'hr', 'finance']) fixture.services.agents.setConnected(agentId, 1, false);
    await expect(ask({ agentId: 'echo', action: 'shutdown' })).rejects.toMatchObject(offline);
    await expect(ask({ agentId: '*', action: 'shutdown' })).rejects.toMatchObject(offline);
    fixture.services.agents.setConnected('echo', 1, true);
    await ask({ agentId: '*', action: 'shutdown' });
    const { entries } = await fixture.store.audit.list({ action: 'agent.shutdown', limit: 10 });
    expect(entries.map(({ agentId }) => agentId)).toEqual(['echo']);
  });
});
