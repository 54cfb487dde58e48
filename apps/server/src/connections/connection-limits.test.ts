import { describe, expect, it } from '@jest/globals';
import { type Admission, createConnectionLimits } from './connection-limits.ts';

function open(max: number | 'off') {
  const limits = createConnectionLimits(max);
  const evicted: string[] = [];
  const admit = (name: string, address = '192.0.2.1'): Admission | undefined =>
    limits.admit(address, () => evicted.push(name));
  return { evicted, admit };
}

describe('the connections of one address', () => {
  it('end where there are too many: the oldest that nobody holds', () => {
    const { admit, evicted } = open(2);
    admit('first')?.hold();
    admit('second');
    admit('third');
    expect(evicted).toEqual(['second']);
    admit('fourth');
    expect(evicted).toEqual(['second', 'third']);
  });

  it('are refused where all are held, until one ends', () => {
    const { admit, evicted } = open(2);
    const first = admit('first');
    first?.hold();
    admit('second')?.hold();
    expect(admit('third')).toBeUndefined();
    first?.end();
    first?.end();
    expect(admit('fourth')).toBeDefined();
    admit('fifth');
    expect(evicted).toEqual(['fourth']);
  });

  it('may be evicted once they are let go', () => {
    const { admit, evicted } = open(2);
    const first = admit('first');
    first?.hold();
    admit('second');
    first?.release();
    admit('third');
    admit('fourth');
    expect(evicted).toEqual(['second', 'first']);
  });

  it('are not counted after their end, whatever is said of them then', () => {
    const { admit, evicted } = open(1);
    const first = admit('first');
    first?.end();
    first?.release();
    admit('second');
    expect(evicted).toEqual([]);
  });

  it('do not count for another address', () => {
    const { admit, evicted } = open(1);
    for (const address of ['192.0.2.1', '192.0.2.2', '2001:db8:0:1::1', '2001:db8:0:2::1'])
      admit(address, address);
    expect(evicted).toEqual([]);
  });

  it.each([
    ['2001:db8::1', '2001:db8::2'],
    ['2001:db8:0:0:1::', '2001:db8:0:0:2:3:4:5'],
    ['fe80::1%eth0', 'fe80::2'],
    ['192.0.2.1', '::ffff:192.0.2.1'],
  ])('are those of its network, in every notation: %s and %s', (one, other) => {
    const { admit, evicted } = open(1);
    admit('first', one);
    admit('second', other);
    expect(evicted).toEqual(['first']);
  });

  it('are as many as come where the limit is off', () => {
    const { admit, evicted } = open('off');
    for (let count = 0; count < 10_000; count++) admit(String(count));
    expect(evicted).toEqual([]);
  });
});
