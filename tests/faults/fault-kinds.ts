import { setTimeout as delay } from 'node:timers/promises';
import { type Fleet, MEMBERS, type MemberName } from './fleet.ts';
import type { Load } from './load.ts';
import { DEADLY_TEXT } from './processes/fault-settings.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { SmallDisk } from './small-disk.ts';

/** What RabbitMQ faults need of the node; undefined with the embedded queue. */
export interface Node {
  restart(): Promise<void>;
  stopNode(): Promise<void>;
  startNode(): Promise<void>;
  setMemoryAlarm(isOn: boolean): Promise<void>;
  closeAllConnections(): Promise<void>;
}

/** Likewise of PostgreSQL; undefined with SQLite. */
export interface Database {
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
}

export interface Battlefield {
  readonly fleet: Fleet;
  readonly load: Load;
  readonly node: Node | undefined;
  readonly disk: SmallDisk | undefined;
  readonly postgres: Database | undefined;
  readonly random: SeededRandom;
}

/** One kind of fault: does the harm and, where it does not heal by itself, undoes it. */
export interface FaultKind {
  readonly name: string;
  /** Whether it can happen here. */
  readonly needs?: 'node' | 'disk' | 'postgres';
  run(field: Battlefield): Promise<void>;
}

const LEASE_MS = 1000;
const JOINERS = ['broker', 'agent-a', 'agent-b'] as const;

const killed = (name: MemberName): FaultKind => ({
  name: `kill -9 ${name}`,
  async run({ fleet, random }) {
    await fleet.kill(name);
    await delay(random.integer(0, 1000));
    await fleet.start(name);
  },
});

const frozen = (name: MemberName): FaultKind => ({
  name: `SIGSTOP ${name} for longer than the lease`,
  async run({ fleet, random }) {
    fleet.member(name).signal('SIGSTOP');
    await delay(LEASE_MS + random.integer(500, 1500));
    fleet.member(name).signal('SIGCONT');
  },
});

const rolled = (name: MemberName): FaultKind => ({
  name: `rolling restart of ${name}`,
  async run({ fleet }) {
    const code = await fleet.member(name).terminate();
    if (code !== 0) throw new Error(`${name} ended with ${code} on SIGTERM`);
    await fleet.start(name);
  },
});

const onProxy = (
  name: string,
  harm: (field: Battlefield, member: MemberName) => Promise<void>,
): FaultKind => ({
  name,
  needs: 'node',
  run: (field) => harm(field, field.random.pick(MEMBERS)),
});

const killedInBurst = (name: MemberName): FaultKind => ({
  name: `kill -9 ${name} in the middle of a burst`,
  async run({ fleet, load, random }) {
    await load.burst(300);
    await delay(random.integer(10, 300));
    await fleet.kill(name);
    await fleet.start(name);
  },
});

const deadlyMessage: FaultKind = {
  name: 'a message that kills the broker, in the middle of a burst',
  run: ({ load }) => load.burst(300, DEADLY_TEXT),
};

/** Every kind of fault, in the order in which a run that wants them all goes through them. */
export const FAULT_KINDS: readonly FaultKind[] = [
  ...MEMBERS.map(killed),
  ...(['server', 'broker', 'agent-a'] as const).map(frozen),
  ...(['server', 'broker', 'agent-b'] as const).map(rolled),
  ...(['server', 'broker'] as const).map(killedInBurst),
  deadlyMessage,
  {
    name: 'clock jump',
    async run({ fleet, random }) {
      for (let jump = 0; jump < 3; jump++) {
        for (const name of MEMBERS) fleet.member(name).signal('SIGUSR2');
        await delay(random.integer(100, 500));
      }
    },
  },
  onProxy('connections to RabbitMQ cut', async ({ fleet }, member) => fleet.proxy(member)?.cut()),
  onProxy('way to RabbitMQ closed', async ({ fleet, random }, member) => {
    await fleet.proxy(member)?.refuse();
    await delay(random.integer(200, 1500));
    await fleet.proxy(member)?.accept();
  }),
  onProxy('way to RabbitMQ silent', async ({ fleet, random }, member) => {
    fleet.proxy(member)?.stall();
    await delay(random.integer(500, 3000));
    fleet.proxy(member)?.flow();
  }),
  onProxy('way to RabbitMQ half closed', async ({ fleet }, member) => fleet.proxy(member)?.halfClose()),
  onProxy('way to RabbitMQ slow', async ({ fleet, random }, member) => {
    fleet.proxy(member)?.delay(random.integer(20, 200));
    await delay(random.integer(500, 2000));
    fleet.proxy(member)?.delay(0);
  }),
  {
    name: 'gRPC connections cut',
    run: async ({ fleet, random }) => fleet.grpcProxy(random.pick(JOINERS))?.cut(),
  },
  {
    name: 'gRPC silent for longer than the lease',
    async run({ fleet, random }) {
      const proxy = fleet.grpcProxy(random.pick(JOINERS));
      proxy?.stall();
      await delay(LEASE_MS + random.integer(500, 2000));
      proxy?.flow();
    },
  },
  {
    name: 'RabbitMQ closes all connections',
    needs: 'node',
    run: async ({ node }) => node?.closeAllConnections(),
  },
  {
    name: 'RabbitMQ memory alarm',
    needs: 'node',
    async run({ node, random }) {
      await node?.setMemoryAlarm(true);
      await delay(random.integer(500, 2500));
      await node?.setMemoryAlarm(false);
    },
  },
  {
    // Publishes wait, acknowledgements pass: what was acknowledged too early is lost.
    name: 'kill -9 during a RabbitMQ memory alarm',
    needs: 'node',
    async run({ fleet, node, random }) {
      const name = random.pick(['server', 'broker', 'agent-a'] as const);
      await node?.setMemoryAlarm(true);
      await delay(random.integer(500, 1500));
      await fleet.kill(name);
      await node?.setMemoryAlarm(false);
      await fleet.start(name);
    },
  },
  {
    name: 'kill -9 RabbitMQ',
    needs: 'node',
    async run({ node, random }) {
      await node?.stopNode();
      await delay(random.integer(0, 1000));
      await node?.startNode();
    },
  },
  {
    name: 'kill -9 PostgreSQL',
    needs: 'postgres',
    async run({ postgres, random }) {
      await postgres?.stopServer();
      await delay(random.integer(0, 1500));
      await postgres?.startServer();
    },
  },
  {
    name: 'disk of store and queue full',
    needs: 'disk',
    async run({ disk, random }) {
      await disk?.fill();
      await delay(random.integer(500, 2000));
      await disk?.free();
    },
  },
];
