import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import {
  appendHop,
  formatHops,
  Hop,
  lostAgents,
  lostHop,
  parseHops,
  redeliveredHop,
} from './chat-message.ts';
import { LIMITS } from './limits.ts';

describe('the hops of a message', () => {
  it('are written in order and read back', () => {
    const first = appendHop(undefined, 'server', 1_732_170_000_000);
    const second = appendHop(first, 'agent:echo', 1_732_170_000_003);
    expect(second).toBe('server=1732170000000;agent:echo=1732170000003');
    expect(parseHops(second)).toEqual([
      { service: 'server', at: '2024-11-21T06:20:00.000Z' },
      { service: 'agent:echo', at: '2024-11-21T06:20:00.003Z' },
    ]);
  });

  it('go on from those of an earlier attempt, and name the agents that went away with it', () => {
    const header = `server=1;${lostHop('busy')}=2;${redeliveredHop(3)}=4;agent:busy=4`;
    const hops = parseHops(header);
    expect(formatHops(hops)).toBe(header);
    expect(lostAgents(hops)).toEqual(['busy']);
    expect(appendHop(formatHops([]), 'server', 5)).toBe('server=5');
  });

  it('begin anew after an empty header, and are empty without a header', () => {
    expect(appendHop('', 'server', 1)).toBe('server=1');
    expect(parseHops('')).toEqual([]);
    expect(parseHops(undefined)).toEqual([]);
  });

  it.each([
    'x',
    '=1',
    'x=',
    'x= ',
    'x=1.5',
    'x=1e3',
    'x=0x10',
    'x=-1',
    'x=999999999999999',
    `${'x'.repeat(129)}=1`,
    ';;',
  ])('leave out %j, which another language may have written', (piece) => {
    expect(parseHops(`server=1;${piece};broker=2`).map(({ service }) => service)).toEqual([
      'server',
      'broker',
    ]);
  });

  it('are the latest ones of a header that is too long', () => {
    const pieces = Array.from({ length: 100_000 }, (_, number) => `s${number}=1`);
    const services = parseHops(pieces.join(';')).map(({ service }) => service);
    expect(services).toHaveLength(LIMITS.hops);
    expect(services.at(-1)).toBe('s99999');
    const appended = appendHop(pieces.join(';'), 'server', 5);
    expect(appended.length).toBeLessThanOrEqual(LIMITS.headerLength);
    expect(appended).toMatch(/^s\d+=1;.*;server=5$/);
  });

  it('come back as they were written, and fit a status, for any service and time', () => {
    const service = fc.string({ minLength: 1, maxLength: 128 }).filter((text) => !text.includes(';'));
    const hops = fc.array(fc.tuple(service, fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) })), {
      maxLength: 10,
    });
    fc.assert(
      fc.property(hops, (written) => {
        let header: string | undefined;
        for (const [name, at] of written) header = appendHop(header, name, at);
        const read = parseHops(header);
        expect(read).toEqual(
          written.map(([name, at]) => ({ service: name, at: new Date(at).toISOString() })),
        );
        expect(z.array(Hop).safeParse(read).success).toBe(true);
      }),
    );
  });

  it('fit a status for any header', () => {
    const noise = fc.array(fc.constantFrom(';', '=', '1', '9999999999999', 'server', ' ', '-', '\n'), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(noise, (pieces) => {
        expect(z.array(Hop).safeParse(parseHops(pieces.join(''))).success).toBe(true);
      }),
    );
  });
});
