import { CAPABILITIES, type RoutingDecision, type SessionHint } from '@parley/shared-models';
import type { Partner } from '@parley/store';
import type { ProfileLookup } from '../agents/profile-lookup.ts';

/**
 * What the conversation has to know of the agent that was chosen; undefined where the message's own hint tells that
 * nothing changes, so that most messages cost the store nothing more.
 */
export async function partnerOf(
  decision: RoutingDecision,
  hint: SessionHint | undefined,
  profileOf: ProfileLookup,
  sessionTtlMs: number,
): Promise<Partner | undefined> {
  if (hint?.isEnding) return undefined;
  const profile = await profileOf(decision.agentId);
  if (profile === undefined) return undefined;
  const holdsSession = profile.capabilities.includes(CAPABILITIES.holdsSession);
  const isSame = hint?.agentId === decision.agentId && hint.agentName === decision.agentName;
  if (isSame && hint.isHeld === holdsSession) return undefined;
  return { group: profile.group, holdsSession, sessionTtlMs };
}
