import { type ChatMessage, type Hop, type MessageStatus, timeOfId } from '@parley/shared-models';

/** One stretch of a message's way. */
export interface Leg {
  readonly from: string;
  readonly to: string;
  readonly milliseconds: number;
  /** What happened there was work, not transport: an agent writing its answer. */
  readonly isWork: boolean;
  /** From the beginning of the way to the beginning of this leg. */
  readonly startsAt: number;
}

export interface MessagePath {
  readonly legs: readonly Leg[];
  readonly totalMs: number;
}

interface Station {
  readonly name: string;
  readonly at: number;
  readonly isAgent: boolean;
}

/**
 * The way of a message from the moment it was written. The first time is the writer's clock, which the message's id
 * carries, corrected by `clockOffsetMs`; all others are those of the processes. Clocks of several machines differ a
 * little, so a leg that would end before it began counts as nothing.
 */
export function messagePath(
  message: ChatMessage,
  status: MessageStatus | undefined,
  clockOffsetMs: number,
): MessagePath {
  const stations: Station[] = [
    { name: 'you', at: timeOfId(message.id) + clockOffsetMs, isAgent: false },
    ...(status?.hops ?? []).map((hop) => stationOf(hop, status)),
  ];
  const legs: Leg[] = [];
  let startsAt = 0;
  for (const [index, station] of stations.entries()) {
    const before = stations[index - 1];
    if (before === undefined) continue;
    const milliseconds = Math.max(0, station.at - before.at);
    legs.push({ from: before.name, to: station.name, milliseconds, isWork: before.isAgent, startsAt });
    startsAt += milliseconds;
  }
  return { legs, totalMs: startsAt };
}

function stationOf({ service, at }: Hop, status: MessageStatus | undefined): Station {
  const agent = agentOf(service);
  const { agentId, agentName } = status?.routing ?? {};
  const name =
    agent === undefined ? service : agent === agentId && agentName !== undefined ? agentName : agent;
  return { name, at: Date.parse(at), isAgent: agent !== undefined };
}

/** `agent:finance` and `agent/finance` name an agent's process, `agent` one that does not say which. */
function agentOf(service: string): string | undefined {
  const match = /^agent(?:[:/](.+))?$/.exec(service);
  return match === null ? undefined : (match[1] ?? 'agent');
}
