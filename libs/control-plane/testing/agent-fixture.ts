import { EventEmitter, once } from 'node:events';
import { type AgentCommand, type AgentMetrics, AgentProfile, type AgentState } from '@parley/shared-models';
import type { AgentMembership, JoinAsAgentOptions } from '../src/membership/agent-membership.ts';
import { joinAsAgent } from '../src/membership/join-as-agent.ts';
import { type RecordingLogger, recordingLogger } from './recording-logger.ts';

/** An agent that records its callbacks. */
export interface JoinedAgent {
  readonly membership: AgentMembership;
  readonly logger: RecordingLogger;
  /** The callbacks, in order: `registered echo#1 online`, `state paused`, `command <id>`, `fenced`, `refused <code>`. */
  readonly told: string[];
  readonly commands: AgentCommand[];
  /** The report of each heartbeat. */
  report: { load: number; metrics: AgentMetrics; state: AgentState };
  /** Resolves when it is told the next thing that begins so. */
  next(what: string): Promise<unknown>;
  stop(): Promise<void>;
}

export function joinTestAgent(url: string, options: Partial<JoinAsAgentOptions> = {}): JoinedAgent {
  const logger = recordingLogger();
  const told: string[] = [];
  const commands: AgentCommand[] = [];
  const events = new EventEmitter();
  const note = (what: string): void => {
    told.push(what);
    events.emit(what.split(' ')[0] ?? '', what);
  };
  const agent: JoinedAgent = {
    logger,
    told,
    commands,
    report: { load: 0, metrics: { handled: 0, failed: 0, meanHandleMs: 0 }, state: 'online' },
    next: async (what) => (await once(events, what))[0],
    stop: () => agent.membership.stop(),
    membership: joinAsAgent({
      url,
      agentId: 'echo',
      isExclusive: false,
      profile: AgentProfile.parse({ name: 'Echo', group: 'echo' }),
      logger,
      load: () => agent.report.load,
      metrics: () => agent.report.metrics,
      state: () => agent.report.state,
      onRegistered: ({ agentId, incarnation, state }) =>
        note(`registered ${agentId}#${incarnation} ${state}`),
      onState: (state) => note(`state ${state}`),
      onCommand(command) {
        commands.push(command);
        note(`command ${command.commandId}`);
      },
      onFenced: () => note('fenced'),
      onRefused: ({ code }) => note(`refused ${code}`),
      ...options,
    }),
  };
  return agent;
}
