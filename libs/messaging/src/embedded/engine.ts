import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { createLogSync, createTransactions, type LogSync } from '@parley/sqlite';
import { type Caretaker, createCaretaker } from './caretaker.ts';
import { type Claiming, createClaiming } from './claiming.ts';
import {
  DEFAULT_DOWN_AFTER_MS,
  DEFAULT_LEASE_MS,
  type EmbeddedBusOptions,
  tickMsOf,
} from './embedded-options.ts';
import { createLeaseWatch } from './lease-watch.ts';
import { createMembership, type Membership, prepareInstanceStatements } from './membership.ts';
import { removeAddress } from './peer-address.ts';
import type { Post } from './peer-link.ts';
import { createPeerMesh, type PeerMesh } from './peer-mesh.ts';
import { identifyThisProcess, isCertainlyDead } from './process-identity.ts';
import { createDoorbell, createPublishing, type Publishing } from './publishing.ts';
import { createSettlement, type Settlement } from './settlement.ts';
import { createSignalHub, type SignalHub } from './signal-hub.ts';
import { prepareStatements, type Statements } from './statements.ts';
import { createWriteGroups, type WriteGroups } from './write-groups.ts';
import { createWriteHealth, type WriteHealth } from './write-health.ts';

/** The parts of one open bus, wired to each other. */
export interface Engine {
  readonly statements: Statements;
  readonly writes: WriteGroups;
  readonly health: WriteHealth;
  readonly publishing: Publishing;
  readonly settlement: Settlement;
  readonly membership: Membership;
  readonly claiming: Claiming;
  readonly caretaker: Caretaker;
  readonly signals: SignalHub;
  readonly mesh: PeerMesh;
  readonly log: LogSync;
  /** Opens the socket by which other processes reach this one. To be called before the first write. */
  listen(): Promise<void>;
}

const QUEUE_PREFIX = 'queue:';
const SIGNAL_PREFIX = 'signal:';

/** On which others ring when there is something in the queue. */
export const queueTopic = (queue: string): string => QUEUE_PREFIX + queue;
/** On which signals with the key come. */
export const signalTopic = (key: string): string => SIGNAL_PREFIX + key;

/** @param database open and up to date; the engine does not close it */
export function createEngine(database: DatabaseSync, options: EmbeddedBusOptions): Engine {
  const { dataDir, logger, leaseMs = DEFAULT_LEASE_MS, downAfterMs = DEFAULT_DOWN_AFTER_MS } = options;
  const identity = identifyThisProcess();
  const self = { ...identity, busKey: randomUUID(), secret: randomUUID(), address: null as string | null };

  const health = createWriteHealth({ downAfterMs, logger });
  const log = createLogSync(database, { syncFile: options.syncLog, onFailure: health.failed });
  const statements = prepareStatements(database);
  const doorbell = createDoorbell(
    (queue) => claiming.wake(queue),
    (queue) => mesh.post(queueTopic(queue), '', new Uint8Array()),
  );
  const publishing = createPublishing(statements, doorbell);
  const settlement = createSettlement(statements, doorbell.touch);
  const membership = createMembership({
    self,
    instances: prepareInstanceStatements(database),
    statements,
    settlement,
    doorbell,
  });
  const claiming = createClaiming({
    statements,
    doorbell,
    instanceId: membership.id,
    isRoomScarce: () => writes.isRoomScarce(),
    log,
    logger,
  });
  const writes = createWriteGroups({
    transactions: createTransactions(database),
    log,
    health,
    logger,
    hooks: {
      isMember: membership.isMember,
      rejoin,
      mayClaim: claiming.mayClaim,
      isClaimWanted: claiming.isClaimWanted,
      claim() {
        publishing.write();
        return claiming.claim();
      },
      committed() {
        settlement.committed();
        doorbell.committed();
      },
      rolledBack() {
        publishing.rolledBack();
        settlement.rolledBack();
        doorbell.rolledBack();
        claiming.wakeAll();
      },
    },
  });
  const signals = createSignalHub({
    announce: (key) => mesh.announce(signalTopic(key)),
    withdraw: (key) => mesh.withdraw(signalTopic(key)),
    logger,
  });
  const mesh = createPeerMesh({
    dataDir,
    key: self.busKey,
    secret: self.secret,
    onPost: receive,
    onMet: checkQueues,
    onLost: () => caretaker.lookSoon(),
    logger,
  });
  const caretaker = createCaretaker({
    tickMs: tickMsOf(leaseMs),
    writes,
    membership,
    leaseWatch: createLeaseWatch({
      leaseMs,
      isOwn: membership.isOwn,
      isCertainlyDead: (row) => isCertainlyDead(row, identity.machine),
    }),
    meet: (instances) => mesh.meet(instances, membership.id()),
    checkQueues,
    onClearedAway: ({ address }) => {
      if (address !== null) removeAddress(dataDir, address);
    },
    fillRoom: statements.fillRoom,
    emptyRoom: statements.emptyRoom,
    logger,
  });

  function rejoin(): () => void {
    const before = membership.id();
    const id = membership.join();
    const consumers = claiming.consumers();
    const places = consumers.map((consumer) =>
      consumer.rowId === undefined ? undefined : membership.addConsumer(consumer.queue, id),
    );
    return () => {
      membership.adopt(id);
      if (before === 0) return;
      const lost = consumers.flatMap((consumer) => consumer.letGo());
      for (const [index, consumer] of consumers.entries()) consumer.rowId = places[index];
      logger.warn(
        { lost: lost.length },
        'this process stood still beyond its lease: others have its messages',
      );
    };
  }

  function receive({ topic, type, body }: Post): void {
    if (topic.startsWith(SIGNAL_PREFIX))
      signals.deliver({ key: topic.slice(SIGNAL_PREFIX.length), type, body });
    else if (topic.startsWith(QUEUE_PREFIX)) {
      claiming.wake(topic.slice(QUEUE_PREFIX.length));
      writes.nudge();
    }
  }

  function checkQueues(): void {
    claiming.wakeAll();
    if (claiming.mayClaim()) writes.nudge();
  }

  return {
    statements,
    writes,
    health,
    publishing,
    settlement,
    membership,
    claiming,
    caretaker,
    signals,
    mesh,
    log,
    async listen() {
      self.address = await mesh.listen();
    },
  };
}
