import type { AgentStatusUpdate } from '@parley/control-plane';
import { type AgentStatus, listRevision, newId } from '@parley/shared-models';
import { type AgentEntry, statusOf } from './agent-entry.ts';
import type { AgentRegistry, WantedChange } from './agent-registry.ts';

/** The listeners of the registry, and the revision of the list that they have heard of. */
export interface AgentNews extends Pick<AgentRegistry, 'onChange' | 'onLoads' | 'onWanted'> {
  readonly revision: string;
  /** The list has changed: these agents look otherwise, those are gone. */
  tell(entries: readonly AgentEntry[], removed?: readonly string[]): void;
  /** Only how busy they are. */
  tellLoads(entries: readonly AgentEntry[]): void;
  tellWanted(change: WantedChange): void;
}

export function createAgentNews(): AgentNews {
  const changed = createListeners<AgentStatusUpdate>();
  const loads = createListeners<readonly AgentStatus[]>();
  const wanted = createListeners<WantedChange>();
  // Another one after a restart: the changes are counted anew.
  const listId = newId();
  let changes = 0;
  const revision = (): string => listRevision(listId, changes);
  return {
    get revision() {
      return revision();
    },
    tell(entries, removed = []) {
      changes += 1;
      changed.tell({ agents: entries.map(statusOf), isFull: false, removed, revision: revision() });
    },
    tellLoads: (entries) => loads.tell(entries.map(statusOf)),
    tellWanted: wanted.tell,
    onChange: changed.add,
    onLoads: loads.add,
    onWanted: wanted.add,
  };
}

function createListeners<T>() {
  const listeners = new Set<(news: T) => void>();
  return {
    tell(news: T): void {
      for (const listener of listeners) listener(news);
    },
    add(listener: (news: T) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
