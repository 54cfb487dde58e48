import {
  type CommandRecord,
  type CommandRequest,
  deriveId,
  ParleyError,
  type StartedCommands,
} from '@parley/shared-models';
import type { AppliedEvent, AuditOf, CommandEvent, NewCommand, Store } from '@parley/store';
import type { AgentRegistry } from '../agents/agent-registry.ts';
import type { Origin } from '../audit/origin.ts';
import { LOCAL_USER } from '../users/local-user.ts';
import { byOperator } from './command-audit.ts';
import type { CommandDelivery } from './command-delivery.ts';
import type { CommandHub } from './command-hub.ts';

/** The requests of operators about commands; their permission is checked before. */
export interface OperatorRequests {
  /**
   * Sent again with the same id, it runs once and answers with the present state.
   * @throws ParleyError `unknown_agent`, `id_conflict`
   */
  run(request: CommandRequest, origin: Origin): Promise<StartedCommands>;
  /** Stops a running command, ends a waiting one at once; an ended one stays as it is. @throws ParleyError `not_found` */
  cancel(id: string, origin: Origin): Promise<CommandRecord>;
  /** @throws ParleyError `not_found`, `forbidden` for one's own, `id_conflict` when it waits for no approval */
  approve(id: string, origin: Origin): Promise<CommandRecord>;
  /** @throws ParleyError `not_found`, `id_conflict` when it waits for no approval */
  reject(id: string, reason: string | undefined, origin: Origin): Promise<CommandRecord>;
  /** @throws ParleyError `not_found` */
  require(id: string): Promise<CommandRecord>;
}

export interface OperatorRequestsOptions {
  readonly store: Store;
  readonly agents: AgentRegistry;
  readonly hub: CommandHub;
  readonly delivery: CommandDelivery;
  /** Whether people have to sign in: then a second person can be there. */
  readonly hasSignIn: boolean;
}

const DEFAULT_TIMEOUT_MS = 600_000;

export function createOperatorRequests(options: OperatorRequestsOptions): OperatorRequests {
  const { store, agents, hub, delivery, hasSignIn } = options;
  const { commands } = store;

  /** The names of the agents, also of those that are registered at another server. @throws ParleyError `unknown_agent` */
  const namesOf = async (agentIds: readonly string[]): Promise<Map<string, string>> => {
    const names = new Map(agents.list().map(({ agentId, agentName }) => [agentId, agentName]));
    if (agentIds.some((agentId) => !names.has(agentId))) {
      for (const { agentId, profile } of await store.listAgents()) names.set(agentId, profile.name);
    }
    const unknown = agentIds.find((agentId) => !names.has(agentId));
    if (unknown !== undefined) throw new ParleyError('unknown_agent', `There is no agent "${unknown}".`);
    return names;
  };

  const require = async (id: string): Promise<CommandRecord> => {
    const command = await commands.get(id);
    if (command === undefined) throw new ParleyError('not_found', 'There is no such command.');
    return command.record;
  };

  const apply = async (id: string, event: CommandEvent, audit: AuditOf): Promise<AppliedEvent> => {
    const applied = await commands.apply(id, event, audit);
    if (applied === undefined) throw new ParleyError('not_found', 'There is no such command.');
    if (applied.hasChanged) {
      hub.changed(applied.command.record);
      delivery.kick(applied.command.record.agentId);
    }
    return applied;
  };

  const answer = async (id: string, event: CommandEvent, audit: AuditOf): Promise<CommandRecord> => {
    const { command, hasChanged } = await apply(id, event, audit);
    if (!hasChanged)
      throw new ParleyError(
        'id_conflict',
        `The command is ${command.record.state}: it waits for no approval.`,
      );
    return command.record;
  };

  return {
    async run(request, origin) {
      const agentIds = request.agentIds ?? (request.agentId === undefined ? [] : [request.agentId]);
      const names = await namesOf(agentIds);
      const isBatch = request.agentIds !== undefined;
      const { id: userId, name } = origin.user;
      const asked = [...new Set(agentIds)].map(
        (agentId): NewCommand => ({
          id: isBatch ? deriveId(request.id, agentId) : request.id,
          ...(isBatch ? { batchId: request.id } : {}),
          agentId,
          agentName: names.get(agentId) ?? agentId,
          requestedBy: { id: userId, name },
          type: request.commandType ?? 'shell',
          command: request.command,
          ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
          timeoutMs: request.timeoutMs ?? DEFAULT_TIMEOUT_MS,
        }),
      );
      const added = await commands.add(asked, byOperator('command.run', origin));
      for (const { command, isDuplicate } of added) {
        if (!isDuplicate) hub.changed(command.record);
        delivery.kick(command.record.agentId);
      }
      return {
        ...(isBatch ? { batchId: request.id } : {}),
        commands: added.map(({ command }) => command.record),
      };
    },
    async cancel(id, origin) {
      const by = { id: origin.user.id, name: origin.user.name };
      return (await apply(id, { do: 'cancel', by }, byOperator('command.cancelled', origin))).command.record;
    },
    async approve(id, origin) {
      const { id: userId, name } = origin.user;
      const isRequester = (await require(id)).requestedBy.id === userId;
      // Where nobody signs in there is no second person.
      if (isRequester && (hasSignIn || userId !== LOCAL_USER.id))
        throw new ParleyError('forbidden', 'Somebody else has to approve your command.');
      const event = { do: 'approve', by: { id: userId, name }, isRequester } as const;
      return answer(id, event, byOperator('command.approved', origin));
    },
    reject(id, reason, origin) {
      const by = { id: origin.user.id, name: origin.user.name };
      return answer(id, { do: 'reject', by, reason }, byOperator('command.rejected', origin));
    },
    require,
  };
}
