import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MessageBus } from '@parley/messaging';
import { newId } from '@parley/shared-models';
import { createServerPresence, type ServerPresence } from './server-presence.ts';

/** Servers whose signals reach all of them, but those that were cut off. */
interface Air {
  readonly signals: { serverId: string; knows: string[] }[];
  join(): TestServer;
}

interface TestServer {
  readonly id: string;
  readonly presence: ServerPresence;
  /** How often it met another. */
  meetings: number;
  /** Whether it hears and is heard. */
  isInReach: boolean;
}

function openAir(): Air {
  const servers: TestServer[] = [];
  const signals: { serverId: string; knows: string[] }[] = [];
  // As on the wire, signals arrive one after another: an answer to one arrives after it was handled.
  const onTheirWay: (() => void)[] = [];
  const send = (arrive: () => void): void => {
    onTheirWay.push(arrive);
    if (onTheirWay.length > 1) return;
    for (let next = onTheirWay[0]; next !== undefined; next = onTheirWay[0]) {
      next();
      onTheirWay.shift();
    }
  };
  return {
    signals,
    join() {
      const id = newId();
      const bus: Pick<MessageBus, 'signal'> = {
        signal({ body }) {
          const heard = JSON.parse(Buffer.from(body).toString('utf8'));
          if (!server.isInReach) return;
          signals.push(heard);
          send(() => {
            for (const each of servers) if (each.isInReach) each.presence.onSignal(heard);
          });
        },
      };
      const presence = createServerPresence(id, bus as MessageBus, () => {
        server.meetings += 1;
      });
      const server: TestServer = { id, presence, meetings: 0, isInReach: true };
      servers.push(server);
      presence.start();
      return server;
    },
  };
}

describe('the presence of servers', () => {
  let air: Air;
  let first: TestServer;

  beforeEach(() => {
    jest.useFakeTimers();
    air = openAir();
    first = air.join();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is a new meeting for the others alone when what one signalled may not have reached them', () => {
    const second = air.join();
    first.presence.meetAgain();
    expect([first.meetings, second.meetings]).toEqual([1, 2]);
    expect([first, second].map(({ presence }) => presence.hasOthers())).toEqual([true, true]);
  });

  it('is not told to itself', () => {
    jest.advanceTimersByTime(60_000);
    expect(first.presence.hasOthers()).toBe(false);
    expect(first.meetings).toBe(0);
  });

  it('is known to both sides as soon as the second has come, with one meeting each', () => {
    const second = air.join();
    expect([first, second].map(({ presence }) => presence.hasOthers())).toEqual([true, true]);
    expect([first.meetings, second.meetings]).toEqual([1, 1]);
    jest.advanceTimersByTime(60_000);
    expect([first.meetings, second.meetings]).toEqual([1, 1]);
  });

  it('costs one signal of each server in five seconds once they know one another', () => {
    air.join();
    const before = air.signals.length;
    jest.advanceTimersByTime(5000);
    expect(air.signals.length - before).toBe(2);
  });

  it('ends when a server was not heard of for more than three announcements', () => {
    const second = air.join();
    second.isInReach = false;
    jest.advanceTimersByTime(15_000);
    expect(first.presence.hasOthers()).toBe(true);
    jest.advanceTimersByTime(5000);
    expect(first.presence.hasOthers()).toBe(false);
  });

  it('is a new meeting for both sides when one had forgotten the other', () => {
    const second = air.join();
    second.isInReach = false;
    jest.advanceTimersByTime(25_000);
    second.isInReach = true;
    jest.advanceTimersByTime(5000);
    expect([first.meetings, second.meetings]).toEqual([2, 2]);
    expect([first, second].map(({ presence }) => presence.hasOthers())).toEqual([true, true]);
  });

  it('is a new meeting too for the side that remembered, since nothing was signalled to it meanwhile', () => {
    const second = air.join();
    // Only the first one forgot: its changes from then on were not signalled to the second.
    first.presence.onSignal({ serverId: second.id, knows: [first.id] });
    second.presence.onSignal({ serverId: first.id, knows: [] });
    expect(second.meetings).toBe(1);
    second.presence.onSignal({ serverId: first.id, knows: [second.id] });
    expect(second.meetings).toBe(2);
  });

  it('is known among three', () => {
    const [second, third] = [air.join(), air.join()];
    expect([first, second, third].map(({ meetings }) => meetings)).toEqual([2, 2, 2]);
  });

  it('refuses a signal that no server sends', () => {
    expect(() => first.presence.onSignal({ serverId: 'me' })).toThrow();
    expect(first.presence.hasOthers()).toBe(false);
  });

  it('is announced no more by a server that has stopped', () => {
    air.join();
    first.presence.stop();
    const before = air.signals.length;
    jest.advanceTimersByTime(5000);
    expect(air.signals.slice(before).map(({ serverId }) => serverId)).not.toContain(first.id);
  });
});
