import { describe, expect, it } from '@jest/globals';
import { type AgentStatus, type AskOrigin, newId } from '@parley/shared-models';
import { ASK_DEPTH, extendChain } from './ask-chain.ts';

const user = { kind: 'user', id: 'ada', name: 'Ada' } as const;
const link = (group: string) => ({ agentId: group, group, requestId: newId() });
const agent = (agentId: string, group = agentId, agentName = agentId): AgentStatus => ({
  agentId,
  agentName,
  group,
  description: '',
  capabilities: [],
  keywords: [],
  examples: [],
  state: 'online',
  load: 0,
  lastSeen: '2026-01-31T12:00:00.000Z',
  incarnation: 1,
  metrics: { handled: 0, failed: 0, meanHandleMs: 0 },
});
const agents = [agent('hr', 'hr', 'HR'), agent('finance'), agent('finance-2', 'finance', 'Second')];
const begun: AskOrigin = { user, chain: [] };

describe('the chain of agents that ask one another', () => {
  it('begins with who asks first, on behalf of the person', () => {
    const asker = link('hr');
    expect(extendChain(begun, asker, { group: 'finance' }, agents)).toEqual({ user, chain: [asker] });
  });

  it('grows at its end', () => {
    const [first, second] = [link('general'), link('hr')];
    const { chain } = extendChain({ user, chain: [first] }, second, { agentName: 'finance' }, agents);
    expect(chain).toEqual([first, second]);
  });

  it.each([
    ['its own group', { group: 'finance' }],
    ['its own name, in whatever case', { agentName: 'FINANCE' }],
    ['another instance of its group', { agentId: 'finance-2' }],
    ['one further up', { agentName: 'hr' }],
  ])('has no loop: %s is refused', (_, target) => {
    const origin = { user, chain: [link('hr')] };
    expect(() => extendChain(origin, link('finance'), target, agents)).toThrow(
      expect.objectContaining({ code: 'ask_loop', message: expect.stringContaining('hr → finance → ') }),
    );
  });

  it('leaves it to the broker to say that nobody has that name', () => {
    expect(extendChain(begun, link('hr'), { agentName: 'Nobody' }, agents).chain).toHaveLength(1);
  });

  it('has an end', () => {
    const names = Array.from({ length: ASK_DEPTH }, (_, index) => `agent-${index}`);
    const origin = { user, chain: names.slice(0, -1).map(link) };
    const last = link(names.at(-1) ?? '');
    expect(extendChain(origin, last, { group: 'finance' }, agents).chain).toHaveLength(ASK_DEPTH);
    const full = { user, chain: names.map(link) };
    expect(() => extendChain(full, link('hr'), { group: 'finance' }, agents)).toThrow(
      expect.objectContaining({ code: 'ask_depth' }),
    );
  });
});
