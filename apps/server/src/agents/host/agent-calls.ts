import type { AgentMemory, CommandContext, EventContext, MessageContext } from '@parley/agent-kit';
import type { HostAnswer, HostCall, MemoryEntry } from '@parley/control-plane';
import { JsonValue, ParleyError } from '@parley/shared-models';

/** The message, event or command in the agent's hand, during which it may make calls. */
export type Context = MessageContext | EventContext | CommandContext;

/** Whether its answer may be large. */
export const isRead = ({ readMemory, writeMemory, readHistory }: HostCall): boolean =>
  readMemory !== undefined || writeMemory !== undefined || readHistory !== undefined;

/** @throws ParleyError the answer to the call */
export async function doCall(context: Context, call: HostCall): Promise<Partial<HostAnswer>> {
  if ('command' in context) {
    if (call.begin === undefined) throw invalid('call: a command can only `begin`');
    const { rule, timeoutMs } = call.begin;
    await context
      .begin({ ...(rule === undefined ? {} : { rule }), ...(timeoutMs === undefined ? {} : { timeoutMs }) })
      .catch((error: unknown) => {
        throw new ParleyError('cancelled', 'The command was stopped before it began.', { cause: error });
      });
    return {};
  }
  if (call.publish !== undefined) {
    const { channel, type, payload, id } = call.publish;
    const eventId = await context.publish(channel, type, jsonOf(payload), id === undefined ? {} : { id });
    return { eventId };
  }
  const memoryCall = call.readMemory ?? call.writeMemory ?? call.forgetMemory;
  if (memoryCall !== undefined) {
    const memory = memoryFor(context, memoryCall);
    const { key } = memoryCall;
    if (call.writeMemory !== undefined) {
      const { value, expectedVersion } = call.writeMemory;
      return { entry: entryOf(key, await memory.put(key, JSON.parse(value), expecting(expectedVersion))) };
    }
    if (call.forgetMemory !== undefined) {
      await memory.delete(key, expecting(call.forgetMemory.expectedVersion));
      return {};
    }
    return { entry: entryOf(key, await memory.read(key, JsonValue)) };
  }
  if (call.begin !== undefined) throw invalid('call.begin: only for a command');
  if (!('history' in context)) throw invalid('call: an event has neither history nor questions');
  if (call.readHistory !== undefined) {
    const { limit } = call.readHistory;
    return { messages: await context.history(limit === undefined ? {} : { limit }) };
  }
  if (call.ask === undefined) throw invalid('call: it must have one of its fields');
  const { targetName, targetAgentId, targetGroup, text, timeoutMs } = call.ask;
  const target =
    targetAgentId !== undefined
      ? { agentId: targetAgentId }
      : targetGroup !== undefined
        ? { group: targetGroup }
        : (targetName ?? '');
  return { reply: await context.ask(target, text, timeoutMs === undefined ? {} : { timeoutMs }) };
}

function entryOf(key: string, stored: { readonly value: unknown; readonly version: number }): MemoryEntry {
  const { value, version } = stored;
  const text = value === undefined ? '' : JSON.stringify(value);
  return { key, value: text, version, updatedAt: '', isDeleted: version > 0 && text === '', writeId: '' };
}

function memoryFor(
  context: MessageContext | EventContext,
  { isShared, userId }: { readonly isShared?: boolean | undefined; readonly userId?: string | undefined },
): AgentMemory {
  if ('memoryAbout' in context) return userId === undefined ? context.memory : context.memoryAbout(userId);
  if (userId !== undefined) throw invalid('call: user_id is for events: a message is about its own person');
  return isShared ? context.memory.shared : context.memory;
}

function jsonOf(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ParleyError('invalid_request', 'call.publish.payload: no JSON', { cause });
  }
}

const expecting = (expectedVersion: number | null | undefined): { readonly expectedVersion?: number } =>
  typeof expectedVersion === 'number' ? { expectedVersion } : {};

const invalid = (message: string): ParleyError => new ParleyError('invalid_request', message);
