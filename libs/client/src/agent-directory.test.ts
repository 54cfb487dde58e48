import { describe, expect, it } from '@jest/globals';
import { type AgentState, AgentStatus } from '@parley/shared-models';
import { createAgentDirectory } from './agent-directory.ts';

const agent = (agentId: string, state: AgentState = 'online', incarnation = 1) =>
  AgentStatus.parse({
    agentId,
    agentName: agentId,
    group: agentId,
    description: '',
    capabilities: [],
    state,
    load: 0,
    lastSeen: '2026-01-31T09:30:00.000Z',
    incarnation,
    metrics: {},
  });
const frame = (isFull: boolean, ...agents: AgentStatus[]) => ({ type: 'agents', agents, isFull }) as const;

describe('directory of agents', () => {
  it('replaces everything with a full list', () => {
    const directory = createAgentDirectory();
    directory.update(frame(true, agent('hr'), agent('finance')));
    directory.update(frame(true, agent('finance')));
    expect([...directory.agents.keys()]).toEqual(['finance']);
  });

  it('applies changes and leaves the others as they are', () => {
    const directory = createAgentDirectory();
    directory.update(frame(true, agent('hr'), agent('finance')));
    const change = directory.update(frame(false, agent('hr', 'paused')));
    expect(change.changed.map(({ agentId }) => agentId)).toEqual(['hr']);
    expect(directory.agents.get('hr')?.state).toBe('paused');
    expect(directory.agents.get('finance')?.state).toBe('online');
  });

  it('ignores late news of a replaced incarnation', () => {
    const directory = createAgentDirectory();
    directory.update(frame(true, agent('hr', 'online', 2)));
    const change = directory.update(frame(false, agent('hr', 'offline', 1)));
    expect(change.changed).toEqual([]);
    expect(directory.agents.get('hr')?.state).toBe('online');
  });

  it('takes how busy agents are, of those that it knows, and leaves the rest of them as it is', () => {
    const directory = createAgentDirectory();
    const { agents: before } = directory.update(frame(true, agent('hr'), agent('finance')));
    const busy = {
      load: 0.5,
      lastSeen: '2026-01-31T09:31:00.000Z',
      metrics: { handled: 1, failed: 2, meanHandleMs: 3 },
    };
    const change = directory.updateLoads({
      type: 'agents.load',
      agents: [
        { agentId: 'hr', ...busy },
        { agentId: 'unknown', ...busy },
      ],
    });
    expect(change).toEqual({
      agents: directory.agents,
      changed: [{ ...agent('hr'), ...busy }],
      isFull: false,
    });
    expect([...directory.agents.values()]).toEqual([{ ...agent('hr'), ...busy }, agent('finance')]);
    expect(before.get('hr')).toEqual(agent('hr'));
  });

  it('leaves a map that somebody holds as it was', () => {
    const directory = createAgentDirectory();
    const { agents } = directory.update(frame(true, agent('hr')));
    directory.update(frame(false, agent('finance')));
    expect([...agents.keys()]).toEqual(['hr']);
  });
});
