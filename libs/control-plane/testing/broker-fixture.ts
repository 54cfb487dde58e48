import { EventEmitter, once } from 'node:events';
import {
  type BrokerMembership,
  type JoinAsBrokerOptions,
  joinAsBroker,
} from '../src/membership/join-as-broker.ts';
import { type RecordingLogger, recordingLogger } from './recording-logger.ts';

/** A broker that records its callbacks. */
export interface JoinedBroker {
  readonly membership: BrokerMembership;
  readonly logger: RecordingLogger;
  /** The callbacks, in order: `agents echo:online hr:paused`, `refused <code>`. */
  readonly told: string[];
  /** Resolves when it is told the next thing that begins so. */
  next(what: string): Promise<unknown>;
  stop(): Promise<void>;
}

export function joinTestBroker(url: string, options: Partial<JoinAsBrokerOptions> = {}): JoinedBroker {
  const logger = recordingLogger();
  const told: string[] = [];
  const events = new EventEmitter();
  const note = (what: string): void => {
    told.push(what);
    events.emit(what.split(' ')[0] ?? '', what);
  };
  const broker: JoinedBroker = {
    logger,
    told,
    next: async (what) => (await once(events, what))[0],
    stop: () => broker.membership.stop(),
    membership: joinAsBroker({
      url,
      brokerId: 'b-1',
      name: 'Broker',
      logger,
      onAgents: (agents) =>
        note(
          ['agents', ...[...agents.values()].map(({ agentId, state }) => `${agentId}:${state}`)].join(' '),
        ),
      onRefused: ({ code }) => note(`refused ${code}`),
      ...options,
    }),
  };
  return broker;
}
