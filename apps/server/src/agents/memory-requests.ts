import type { ControlPlaneHandlers, MemoryEntry, MemoryRpc, RequestOf } from '@parley/control-plane';
import type { MemoryAddress, MemoryVersion } from '@parley/store';
import type { ServerServices } from '../server-services.ts';

/** The memory of agents. The group is that of the registered agent: nobody reads or writes another group's memory. */
export function createMemoryHandlers({ agents, store }: ServerServices) {
  const { memory } = store;
  const addressOf = ({ agentId, incarnation, subject, key }: RequestOf<'getMemory'>): MemoryAddress => ({
    group: agents.require(agentId, incarnation).profile.group,
    subject,
    key,
  });
  return {
    getMemory: async (request) => entryOf(await memory.get(addressOf(request), request.writeId)),
    async putMemory({ value, expectedVersion, writeId, ...request }) {
      return entryOf(await memory.write({ ...addressOf(request), value, expectedVersion, writeId }));
    },
    async deleteMemory({ expectedVersion, writeId, ...request }) {
      const change = { ...addressOf(request), value: undefined, expectedVersion, writeId };
      return (await memory.write(change)).version;
    },
    async memoryHistory({ limit, beforeVersion, ...request }) {
      return (await memory.history(addressOf(request), { limit, beforeVersion })).map(entryOf);
    },
  } satisfies Pick<ControlPlaneHandlers, MemoryRpc>;
}

function entryOf({ key, value, version, updatedAt, writeId }: MemoryVersion): MemoryEntry {
  return {
    key,
    value: value ?? '',
    version,
    updatedAt: updatedAt ?? '',
    isDeleted: version > 0 && value === undefined,
    writeId: writeId ?? '',
  };
}
