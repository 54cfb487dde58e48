import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import { createProfileLookup } from './profile-lookup.ts';

describe('looking up what an agent said about itself', () => {
  let fixture: ServicesFixture;
  beforeEach(async () => {
    fixture = await makeServices();
  });
  afterEach(() => fixture.remove());

  const profile = {
    name: 'Elsewhere',
    group: 'elsewhere',
    description: '',
    capabilities: ['holds-session'],
    keywords: [],
    examples: [],
    concurrency: 1,
  };

  it('knows those that registered here', async () => {
    await fixture.register('echo');
    expect(await createProfileLookup(fixture.services)('echo')).toMatchObject({ name: 'echo' });
  });

  it('finds those that registered at another server, with one look for many', async () => {
    await fixture.store.registerAgent('elsewhere', profile);
    let looks = 0;
    const { agents, store } = fixture.services;
    const counting = {
      ...store,
      listAgents: () => {
        looks += 1;
        return store.listAgents();
      },
    };
    const lookup = createProfileLookup({ agents, store: counting });
    const found = await Promise.all([lookup('elsewhere'), lookup('elsewhere'), lookup('nobody')]);
    expect(found).toEqual([profile, profile, undefined]);
    expect(looks).toBe(1);
  });

  it('fails while the store is away, and works once it is there', async () => {
    await fixture.store.registerAgent('elsewhere', profile);
    const { agents, store } = fixture.services;
    let isAway = true;
    const lookup = createProfileLookup({
      agents,
      store: {
        ...store,
        listAgents: () => (isAway ? Promise.reject(new Error('away')) : store.listAgents()),
      },
    });
    await expect(lookup('elsewhere')).rejects.toThrow('away');
    isAway = false;
    expect(await lookup('elsewhere')).toEqual(profile);
  });
});
