import { connect, type Socket } from 'node:net';
import type { BusLogger } from '../bus-options.ts';
import type { InstanceRow } from './membership.ts';
import { resolveAddress } from './peer-address.ts';
import {
  createPeerLink,
  encodeFrame,
  MAX_FRAME_BYTES,
  MAX_HELLO_BYTES,
  type PeerFrame,
  type PeerLink,
  type Post,
} from './peer-link.ts';
import { createPeerListener } from './peer-listener.ts';

/**
 * Sockets from each instance to every other one that has the same file open, for what is worth nothing a moment
 * later: "there is a message in that queue", and signals. What gets lost here is found by the next look at the file.
 */
export interface PeerMesh {
  /** Where others reach this instance; null when no socket could be opened. */
  listen(): Promise<string | null>;
  /**
   * Connects to the older ones of these (so that two never connect to each other at once) and drops links to others.
   * Resolves when each has answered, is gone, or took too long.
   */
  meet(instances: readonly InstanceRow[], ownId: number): Promise<void>;
  /** Resolves when every connected instance knows, so that its posts on the topic come here. */
  announce(topic: string): Promise<void>;
  withdraw(topic: string): void;
  /** To the other instances that asked for the topic. */
  post(topic: string, type: string, body: Uint8Array): void;
  close(): Promise<void>;
}

/** An instance that has said hello, and then what it asks for. */
interface Peer {
  readonly key: string;
  readonly link: PeerLink;
  /** What it asked for. */
  readonly topics: Set<string>;
}

/** How long a connection may take to say hello and what it asks for. */
const HELLO_TIMEOUT_MS = 1_000;

export function createPeerMesh(parts: {
  dataDir: string;
  key: string;
  secret: string;
  onPost: (post: Post) => void;
  /** Something may have been missed while there was no link. */
  onMet: () => void;
  onLost: () => void;
  logger: BusLogger;
}): PeerMesh {
  const { dataDir, key, secret, onPost, onMet, onLost, logger } = parts;
  const peers = new Map<string, Peer>();
  const strangers = new Set<PeerLink>();
  const meetings = new Map<string, Promise<void>>();
  const interests = createInterests();
  const listener = createPeerListener({ dataDir, key, onConnection: (socket) => link(socket), logger });
  let known = new Set<string>();
  let isClosed = false;

  const links = (): PeerLink[] => [...peers.values()].map((peer) => peer.link);

  /** @param expected what is known of the other side, when this side connects */
  function link(socket: Socket, expected?: InstanceRow, onSettled = (): void => undefined): void {
    const version = interests.version();
    /** Of the other side, once its hello was welcome. */
    let keyOfOther: string | undefined;
    let peer: Peer | undefined;
    const timer = setTimeout(() => own.destroy(), HELLO_TIMEOUT_MS);

    function sayHello(secretOfOther: string): void {
      own.send({ kind: 'hello', key, secret: secretOfOther });
      own.send({ kind: 'interest', seq: 0, add: interests.topics(), remove: [] });
    }

    function greet(frame: PeerFrame): void {
      if (frame.kind !== 'hello' || !isWelcome(frame, expected)) {
        own.destroy();
        return;
      }
      keyOfOther = frame.key;
    }

    /** Only now, so that each knows what the other asks for when `meet` resolves. */
    function befriend(frame: PeerFrame, keyOfPeer: string): void {
      if (frame.kind !== 'interest') {
        own.destroy();
        return;
      }
      clearTimeout(timer);
      strangers.delete(own);
      if (expected === undefined) sayHello('');
      else if (version !== interests.version()) {
        own.send({ kind: 'interest', seq: 0, add: interests.topics(), remove: [] });
      }
      const before = peers.get(keyOfPeer);
      peer = { key: keyOfPeer, link: own, topics: new Set(frame.add) };
      peers.set(keyOfPeer, peer);
      before?.link.destroy();
      onSettled();
      onMet();
    }

    function take(frame: PeerFrame): void {
      if (keyOfOther === undefined) greet(frame);
      else if (peer === undefined) befriend(frame, keyOfOther);
      else {
        interests.isAlive(own);
        heed(frame, peer);
      }
    }

    function heed(frame: PeerFrame, { topics }: Peer): void {
      if (frame.kind === 'post') onPost(frame);
      if (frame.kind === 'heard') interests.heard(own, frame.seq);
      if (frame.kind !== 'interest') return;
      for (const topic of frame.add) topics.add(topic);
      for (const topic of frame.remove) topics.delete(topic);
      own.send({ kind: 'heard', seq: frame.seq });
    }

    function closed(err: Error | undefined): void {
      clearTimeout(timer);
      strangers.delete(own);
      interests.lost(own);
      onSettled();
      if (err !== undefined) logger.debug({ err }, 'the socket to another process failed');
      if (peer === undefined || peers.get(peer.key) !== peer) return;
      peers.delete(peer.key);
      if (!isClosed) onLost();
    }

    const own = createPeerLink(socket, {
      onFrame: take,
      maxFrameBytes: () => (keyOfOther === undefined ? MAX_HELLO_BYTES : MAX_FRAME_BYTES),
      onClosed: closed,
    });
    strangers.add(own);
    if (expected !== undefined) sayHello(expected.secret);
  }

  function isWelcome(
    frame: Extract<PeerFrame, { kind: 'hello' }>,
    expected: InstanceRow | undefined,
  ): boolean {
    if (isClosed) return false;
    return expected === undefined ? frame.secret === secret : frame.key === expected.busKey;
  }

  function connectTo(instance: InstanceRow): Promise<void> {
    const underWay = meetings.get(instance.busKey);
    if (underWay !== undefined) return underWay;
    const path = instance.address === null ? undefined : resolveAddress(dataDir, instance.address);
    if (path === undefined) return Promise.resolve();
    const meeting = new Promise<void>((resolve) => link(connect(path), instance, resolve)).finally(() => {
      meetings.delete(instance.busKey);
    });
    meetings.set(instance.busKey, meeting);
    return meeting;
  }

  return {
    listen: listener.listen,
    async meet(instances, ownId) {
      if (isClosed) return;
      const keys = new Set(instances.map(({ busKey }) => busKey));
      for (const peer of [...peers.values()]) {
        // One that is not known yet has registered after the list was read.
        if (known.has(peer.key) && !keys.has(peer.key)) peer.link.destroy();
      }
      known = keys;
      const older = instances.filter(({ id, busKey }) => id < ownId && busKey !== key && !peers.has(busKey));
      await Promise.all(older.map(connectTo));
    },
    announce: (topic) => interests.announce(topic, links()),
    withdraw: (topic) => interests.withdraw(topic, links()),
    post(topic, type, body) {
      let encoded: Buffer | undefined;
      for (const peer of peers.values()) {
        if (!peer.topics.has(topic)) continue;
        encoded ??= encodeFrame({ kind: 'post', topic, type, body });
        peer.link.sendIfRoom(encoded);
      }
    },
    async close() {
      isClosed = true;
      for (const open of [...links(), ...strangers]) open.destroy();
      await listener.close();
    },
  };
}

/** What this instance wants to hear of, and which of the others know. */
interface Interests {
  topics(): string[];
  /** Changes with the topics. */
  version(): number;
  /** Resolves when each of `links` has heard of it, is lost, or took too long. */
  announce(topic: string, links: Iterable<PeerLink>): Promise<void>;
  withdraw(topic: string, links: Iterable<PeerLink>): void;
  heard(link: PeerLink, seq: number): void;
  /** The link showed a sign of life. */
  isAlive(link: PeerLink): void;
  lost(link: PeerLink): void;
}

/** A process that stands still must not hold up who waits for it to hear. */
const HEARD_TIMEOUT_MS = 500;

interface Question {
  readonly unheard: Set<PeerLink>;
  readonly done: () => void;
}

function createInterests(): Interests {
  const wanted = new Map<string, { count: number; readonly known: Promise<void> }>();
  const questions = new Map<number, Question>();
  /** They let a question time out, so nobody waits for them until they answer again. */
  const silent = new Set<PeerLink>();
  let lastSeq = 0;
  let version = 0;

  function ask(topic: string, links: Iterable<PeerLink>): Promise<void> {
    const all = [...links];
    const seq = ++lastSeq;
    for (const link of all) link.send({ kind: 'interest', seq, add: [topic], remove: [] });
    const unheard = new Set(all.filter((link) => !silent.has(link)));
    if (unheard.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        questions.delete(seq);
        for (const link of unheard) silent.add(link);
        resolve();
      };
      const timer = setTimeout(done, HEARD_TIMEOUT_MS);
      questions.set(seq, { unheard, done });
    });
  }

  function answered(question: Question | undefined, link: PeerLink): void {
    if (question?.unheard.delete(link) && question.unheard.size === 0) question.done();
  }

  return {
    topics: () => [...wanted.keys()],
    version: () => version,
    announce(topic, links) {
      const entry = wanted.get(topic);
      if (entry !== undefined) {
        entry.count += 1;
        return entry.known;
      }
      version += 1;
      const known = ask(topic, links);
      wanted.set(topic, { count: 1, known });
      return known;
    },
    withdraw(topic, links) {
      const entry = wanted.get(topic);
      if (entry === undefined) return;
      entry.count -= 1;
      if (entry.count > 0) return;
      wanted.delete(topic);
      version += 1;
      for (const link of links) link.send({ kind: 'interest', seq: 0, add: [], remove: [topic] });
    },
    heard: (link, seq) => answered(questions.get(seq), link),
    isAlive: (link) => {
      silent.delete(link);
    },
    lost(link) {
      silent.delete(link);
      for (const question of [...questions.values()]) answered(question, link);
    },
  };
}
