import { describe, expect, it } from '@jest/globals';
import type { AuditInput } from '@parley/shared-models';
import { addressGroup } from '../limits/user-limits.ts';
import { enteredBy } from './origin.ts';
import { createRefusalBuckets } from './refusal-buckets.ts';
import { refusedSignIn } from './refusals.ts';

const REPORT = { code: 'unauthenticated', message: 'no' } as const;
const knock = (address: string): AuditInput => refusedSignIn(REPORT, address);
const refusedTo = (id: string, asked = 'commands.run'): AuditInput => ({
  ...enteredBy({ user: { id, name: id, roles: ['member'] }, remoteAddress: '192.0.2.1' }),
  action: 'permission.refused',
  result: 'forbidden',
  details: { asked },
});
/** How many refusals these entries stand for. */
const countOf = (entries: readonly AuditInput[]): number =>
  entries.reduce((sum, { details }) => sum + 1 + Number(details?.more ?? 0), 0);

describe('refusals', () => {
  it('of a signed-in person are entered however many strangers knock', () => {
    const buckets = createRefusalBuckets();
    for (let number = 0; number < 50_000; number++)
      buckets.add(knock(`2001:db8:${(number % 60_000).toString(16)}::1`), 1000);
    const entered: AuditInput[] = [];
    for (let time = 0; time < 20; time++) {
      entered.push(...buckets.add(refusedTo('mallory'), 1000 + time * 200));
      for (let number = 0; number < 50; number++)
        buckets.add(knock(`198.51.100.${number}`), 1000 + time * 200);
    }
    expect(entered).toHaveLength(20);
  });

  it('of one person or of one action do not hide those of another', () => {
    const buckets = createRefusalBuckets();
    for (let time = 0; time < 1000; time++) buckets.add(refusedTo('mallory'), 1000);
    expect(buckets.add(refusedTo('ada'), 1000)).toHaveLength(1);
    expect(buckets.add({ ...refusedTo('mallory'), action: 'command.refused' }, 1000)).toHaveLength(1);
    // An address that looks like a person's id is nobody.
    expect(buckets.add({ ...refusedTo(''), remoteAddress: 'mallory' }, 1000)).toHaveLength(1);
  });

  it('that are only counted are told with the next one of their bucket, or after a while', () => {
    const buckets = createRefusalBuckets();
    for (let time = 0; time < 100; time++) buckets.add(refusedTo('mallory'), 1000);
    expect(buckets.add(refusedTo('mallory'), 2000)).toMatchObject([{ details: { more: 95 } }]);
    for (let time = 0; time < 100; time++) buckets.add(refusedTo('mallory'), 2000);
    expect(buckets.flush()).toMatchObject([
      { actor: { id: 'mallory' }, details: { asked: 'commands.run', more: 95 } },
    ]);
    expect(buckets.flush()).toEqual([]);
  });

  it('from any number of addresses take bounded room, and each of them is counted', () => {
    const buckets = createRefusalBuckets();
    const entries: AuditInput[] = [];
    for (let number = 0; number < 20_000; number++)
      entries.push(...buckets.add(knock(`10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`), 1000));
    expect(entries.length).toBeLessThanOrEqual(20);
    const flushed = buckets.flush();
    expect(flushed.length).toBeLessThanOrEqual(1001);
    expect(countOf([...entries, ...flushed])).toBe(20_000);
  });
});

describe('addresses that one person has', () => {
  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
    ['2001:0DB8:1:2::1', '[2001:db8:1:2::9]:4000'],
    ['ipv6:[2001:db8:1:2::1]:50123', 'ipv6:[2001:db8:1:2::2]:50124'],
    ['203.0.113.9', 'ipv4:203.0.113.9:1234'],
    ['203.0.113.9:1', '::ffff:203.0.113.9'],
  ])('count as one: %s, %s', (one, other) => {
    expect(addressGroup(one)).toBe(addressGroup(other));
  });
  it.each([
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['::1', '2001::'],
    ['203.0.113.9', '203.0.113.8'],
    ['a socket', ''],
  ])('others do not: %s, %s', (one, other) => {
    expect(addressGroup(one)).not.toBe(addressGroup(other));
  });
});
