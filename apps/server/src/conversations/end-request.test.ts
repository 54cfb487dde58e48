import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FailInput } from '@parley/store';
import { makeServices, type ServicesFixture } from '../testing/server-fixture.ts';
import { createTestReader } from '../testing/test-reader.ts';
import { endRequest } from './end-request.ts';

describe('the end of a request that will not be answered', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
  });
  afterEach(() => fixture.remove());

  const failureOf = (requestId: string): FailInput => ({
    requestId,
    status: 'failed',
    error: { code: 'no_agent_online', message: 'No agent is online.' },
    hops: [],
  });

  it('is told to who follows, with the reason', async () => {
    const { id, conversationId } = await fixture.accept('hello');
    const reader = createTestReader();
    reader.follow(fixture.services.hub, conversationId);
    await endRequest(fixture.services, failureOf(id));
    await reader.status(id, 'failed');
    await reader.messages(2);
  });

  it('is told by the next one when whoever ended it died before it told anybody', async () => {
    const { id, conversationId } = await fixture.accept('hello');
    const reader = createTestReader();
    reader.follow(fixture.services.hub, conversationId);
    await reader.messages(1);
    await fixture.store.fail(failureOf(id));
    await endRequest(fixture.services, failureOf(id));
    await reader.status(id, 'failed');
    await reader.messages(2);
    expect(reader.seqs()).toEqual([1, 2]);
  });
});
