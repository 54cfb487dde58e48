import { type ChatMessage, type Hop, type MessageStatus, timeOfId } from '@parley/shared-models';

/** One part of a message's path. */
export interface Leg {
  readonly from: string;
  readonly to: string;
  readonly milliseconds: number;
  /** The time was spent on work, not transport: an agent wrote its answer, or went offline before it had. */
  readonly isWork: boolean;
  /** The agent `from` went offline while it had the message. */
  readonly isLoss?: true;
  /** How often the message was delivered to `to` before, without a result. */
  readonly redeliveries?: number;
  /** Milliseconds from the beginning of the path to the beginning of this leg. */
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
  readonly isLost?: true;
  readonly redeliveries?: number;
}

/**
 * The path of a message from the moment it was written. The first time is from the writer's clock: the message's id
 * carries it, and `clockOffsetMs` corrects it. All others are from the processes' clocks. Clocks of several machines
 * differ a little, so the duration of a leg that would end before it began is 0.
 */
export function messagePath(
  message: ChatMessage,
  status: MessageStatus | undefined,
  clockOffsetMs: number,
): MessagePath {
  const stations: Station[] = [
    { name: 'you', at: timeOfId(message.id) + clockOffsetMs, isAgent: false },
    ...stationsOf(status),
  ];
  const legs: Leg[] = [];
  let startsAt = 0;
  for (const [index, station] of stations.entries()) {
    const before = stations[index - 1];
    if (before === undefined) continue;
    const milliseconds = Math.max(0, station.at - before.at);
    const { name: to, isLost, redeliveries } = station;
    legs.push({
      from: isLost ? to : before.name,
      to,
      milliseconds,
      isWork: (before.isAgent && !before.isLost) || isLost === true,
      startsAt,
      ...(isLost ? { isLoss: true } : {}),
      ...(redeliveries === undefined ? {} : { redeliveries }),
    });
    startsAt += milliseconds;
  }
  return { legs, totalMs: startsAt };
}

function stationsOf(status: MessageStatus | undefined): Station[] {
  const stations: Station[] = [];
  let redeliveries: number | undefined;
  for (const hop of status?.hops ?? []) {
    const count = /^redelivered:(\d+)$/.exec(hop.service)?.[1];
    if (count !== undefined) {
      // The count belongs to the agent of the next hop.
      redeliveries = Number(count);
      continue;
    }
    stations.push({ ...stationOf(hop, status), ...(redeliveries === undefined ? {} : { redeliveries }) });
    redeliveries = undefined;
  }
  return stations;
}

function stationOf({ service, at }: Hop, status: MessageStatus | undefined): Station {
  const lost = /^lost:(.+)$/.exec(service)?.[1];
  if (lost !== undefined) {
    return { ...stationOf({ service: `agent:${lost}`, at }, status), isLost: true };
  }
  const agent = agentOf(service);
  const { agentId, agentName } = status?.routing ?? {};
  const name =
    agent === undefined ? service : agent === agentId && agentName !== undefined ? agentName : agent;
  return { name, at: Date.parse(at), isAgent: agent !== undefined };
}

/** `agent:finance` and `agent/finance` name an agent's process; `agent` does not say which agent. */
function agentOf(service: string): string | undefined {
  const match = /^agent(?:[:/](.+))?$/.exec(service);
  return match === null ? undefined : (match[1] ?? 'agent');
}
