import { describe, expect, it } from '@jest/globals';
import {
  type AgentProfile,
  CAPABILITIES,
  type RoutingDecision,
  type SessionHint,
} from '@parley/shared-models';
import type { ProfileLookup } from '../agents/profile-lookup.ts';
import { partnerOf } from './partner-of.ts';

const profile = (capabilities: string[]): AgentProfile => ({
  name: 'Finance',
  group: 'finance',
  description: '',
  capabilities,
  keywords: [],
  examples: [],
  concurrency: 1,
});
const decision: RoutingDecision = {
  agentId: 'finance-2',
  agentName: 'Finance',
  strategy: 'keywords',
  confidence: 1,
  reason: '',
  candidates: [],
};
const hint = (fields: Partial<SessionHint> = {}): SessionHint => ({
  agentId: 'finance-2',
  agentName: 'Finance',
  group: 'finance',
  isHeld: true,
  isEnding: false,
  ...fields,
});
const holds: ProfileLookup = async () => profile([CAPABILITIES.holdsSession]);
const passes: ProfileLookup = async () => profile([]);
const partner = (holdsSession: boolean) => ({ group: 'finance', holdsSession, sessionTtlMs: 1000 });

describe('what a conversation has to know of the chosen agent', () => {
  it.each([
    ['whether it holds sessions', undefined, holds, partner(true)],
    ['that it holds none', undefined, passes, partner(false)],
    ['that another instance goes on', hint({ agentId: 'finance' }), holds, partner(true)],
    ['that it is called otherwise now', hint({ agentName: 'Money' }), holds, partner(true)],
    ['that it holds sessions now', hint({ isHeld: false }), holds, partner(true)],
    ['that somebody who holds none was asked in between', hint({ agentId: 'hr' }), passes, partner(false)],
    ['nothing where the agent goes on with its session', hint(), holds, undefined],
    ['nothing where the agent goes on without one', hint({ isHeld: false }), passes, undefined],
    ['nothing of who gets END', hint({ agentId: 'finance', isEnding: true }), holds, undefined],
    ['nothing of an agent that nobody knows', undefined, async () => undefined, undefined],
  ] as const)('is %s', async (_, given, profileOf, expected) => {
    expect(await partnerOf(decision, given, profileOf, 1000)).toEqual(expected);
  });
});
