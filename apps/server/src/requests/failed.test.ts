import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Envelope } from '@parley/messaging';
import { formatHops, HEADERS, newId } from '@parley/shared-models';
import { loseAgent } from '@parley/store/testing';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { onFailed } from './server-input-queue.ts';

describe('a failure that comes late', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
  });
  afterEach(() => fixture.remove());

  const failureOf = (requestId: string, sender: string, attempt: number): Envelope => ({
    messageId: newId(),
    correlationId: requestId,
    type: 'chat.failed',
    timestamp: Date.now(),
    headers: { [HEADERS.sender]: sender, [HEADERS.attempt]: attempt },
    body: Buffer.from(JSON.stringify({ requestId, code: 'no_agent_fits', message: 'Nobody fits.' })),
  });
  const stateOf = async (id: string) => (await fixture.store.getMessage(id))?.status?.status;

  it('does not end what another broker has given to an agent before', async () => {
    const { id } = await fixture.accept('hello');
    await fixture.give({ id }, 'finance');
    await onFailed(failureOf(id, 'system:broker', 0), fixture.services);
    expect(await stateOf(id)).toBe('routed');
  });

  it('does not end the next attempt, not even before that is with anybody', async () => {
    const { id } = await fixture.accept('hello');
    await fixture.give({ id }, 'finance');
    await loseAgent(fixture.store, { requestId: id, agentId: 'finance' });
    for (const sender of ['system:broker', 'agent:finance'])
      await onFailed(failureOf(id, sender, 0), fixture.services);
    expect(await stateOf(id)).toBe('accepted');
  });

  it.each(['system:broker', 'agent:finance'])('from %s ends its own attempt', async (sender) => {
    const { id } = await fixture.accept('hello');
    if (sender === 'agent:finance') await fixture.give({ id }, 'finance');
    await onFailed(failureOf(id, sender, 0), fixture.services);
    expect(await stateOf(id)).toBe('failed');
  });

  it('says that an agent went away with the message before, where nobody has it now', async () => {
    const { id } = await fixture.accept('hello');
    await fixture.give({ id }, 'finance');
    const lost = await loseAgent(fixture.store, { requestId: id, agentId: 'finance' });
    const { headers, ...failure } = failureOf(id, 'system:broker', 1);
    const hops = formatHops(lost.request?.hops ?? []);
    await onFailed({ ...failure, headers: { ...headers, [HEADERS.hops]: hops } }, fixture.services);
    const status = (await fixture.store.getMessage(id))?.status;
    expect(status?.error?.message).toBe('finance went away while it had your message. Nobody fits.');
    expect(status?.hops.map(({ service }) => service)).toEqual([
      'server',
      'broker',
      'lost:finance',
      'server',
    ]);
  });
});
