import type { AgentServices, MemoryEntry } from '../agent-services.ts';
import type { AgentCaller } from '../control-plane.ts';
import { type ServiceName, serviceDefinition } from '../proto-definitions.ts';
import * as wire from '../wire/agent-services.ts';
import { EventsAnswer } from '../wire/channel-event.ts';
import { parseAnswer } from '../wire/parse.ts';
import type { Connection, Method } from './connection.ts';
import { createTaskServices } from './task-services.ts';

/** The server waits `timeoutMs` for a reply; so much longer, in milliseconds, the call waits for its answer. */
const ASK_MARGIN_MS = 5_000;

/**
 * `AgentMemoryService` and `AgentConversationService` for one agent.
 * @param caller asked for with each call, since a registration can change it
 */
export function createAgentServices(connection: Connection, caller: () => AgentCaller): AgentServices {
  const memory = (name: string): Method => method('AgentMemoryService', name);
  const conversations = (name: string): Method => method('AgentConversationService', name);

  return {
    memory: {
      async get({ writeId, ...key }) {
        const request = { key: { ...caller(), ...key }, writeId };
        return parseAnswer(wire.MemoryAnswer, await connection.unary(memory('Get'), request)).entry;
      },
      async put({ subject, key, ...change }) {
        const request = { key: { ...caller(), subject, key }, ...change };
        return parseAnswer(wire.MemoryAnswer, await connection.unary(memory('Put'), request)).entry;
      },
      async delete({ subject, key, ...change }) {
        const request = { key: { ...caller(), subject, key }, ...change };
        return parseAnswer(wire.DeletedAnswer, await connection.unary(memory('Delete'), request)).version;
      },
      async history({ subject, key, limit = 100, beforeVersion }) {
        const entries: MemoryEntry[] = [];
        let before = beforeVersion;
        // One answer holds about a megabyte.
        while (entries.length < limit) {
          const request = {
            key: { ...caller(), subject, key },
            limit: limit - entries.length,
            beforeVersion: before,
          };
          const answer = await connection.unary(memory('History'), request);
          const page = parseAnswer(wire.MemoryHistoryAnswer, answer).entries;
          entries.push(...page);
          before = page.at(-1)?.version ?? 1;
          if (before === 1) break;
        }
        return entries;
      },
    },
    async history(request) {
      const answer = await connection.unary(conversations('History'), { ...caller(), ...request });
      return parseAnswer(wire.HistoryAnswer, answer).messages;
    },
    async ask({ target, ...request }, signal) {
      const asked = { ...caller(), ...request, ...wire.encodeTarget(target) };
      const deadlineMs = request.timeoutMs + ASK_MARGIN_MS;
      const answer = await connection.unary(conversations('Ask'), asked, signal, deadlineMs);
      return parseAnswer(wire.AskAnswer, answer).reply;
    },
    tasks: createTaskServices(connection, caller),
    async listEvents(request) {
      const answer = await connection.unary(method('AgentChannelService', 'ListEvents'), {
        ...caller(),
        ...request,
      });
      return parseAnswer(EventsAnswer, answer).events;
    },
    async cancelAsk(request) {
      await connection.unary(conversations('CancelAsk'), { ...caller(), ...request });
    },
    async isWanted(request) {
      const answer = await connection.unary(conversations('IsWanted'), { ...caller(), ...request });
      return parseAnswer(wire.IsWantedAnswer, answer).isWanted;
    },
  };
}

function method(service: ServiceName, name: string): Method {
  const found = serviceDefinition(service)[name];
  if (found === undefined) throw new Error(`${service} has no rpc ${name}`);
  return found;
}
