import type { SeededRandom } from '../faults/seeded-random.ts';

/** Values that programs stumble over. */
const ODD: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, -0, 2 ** 53, '', ' ', '\u0000', '\ud800', '\u202e', '__proto__'],
  ...[
    'constructor',
    '*',
    "' OR 1=1 --",
    '../../etc/passwd',

    '%00',
    [],
    {},
    [[]],
    [null],
    { length: 1e9 },
  ],
  ...['00000000-0000-0000-0000-000000000000', '9999-12-31T23:59:59.999Z', 'x'.repeat(300), 'ﷺ'.repeat(100)],
];
const SIZES = [2, 100, 300, 3000];

/** Changes inputs at random, as `random` has it: the same seed gives the same ones. */
export function createMutator(random: SeededRandom) {
  const odd = (): unknown => {
    const size = random.pick(SIZES);
    switch (random.integer(0, 9)) {
      case 0:
        return Array.from({ length: size }, () => random.pick(ODD));
      case 1:
        return Object.fromEntries(Array.from({ length: size }, (_, number) => [`k${number}`, number]));
      case 2:
        return JSON.parse('['.repeat(size) + ']'.repeat(size));
      case 3:
        return 'y'.repeat(size * 20);
      default:
        return random.pick(ODD);
    }
  };

  /** The same value with one place changed. */
  const place = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || random.integer(0, 5) === 0) return odd();
    if (Array.isArray(value)) {
      if (value.length === 0 || random.integer(0, 3) === 0) return [...value, odd()];
      const index = random.integer(0, value.length - 1);
      return value.map((item, at) => (at === index ? place(item) : item));
    }
    const entries = Object.entries(value);
    const [key, old] = entries.length === 0 ? ['x', 1] : random.pick(entries);
    const others = entries.filter(([name]) => name !== key);
    switch (random.integer(0, 4)) {
      case 0:
        return Object.fromEntries(others);
      case 1:
        return Object.fromEntries([...entries, [String(random.pick(ODD)), odd()]]);
      default:
        return Object.fromEntries([...others, [key, place(old)]]);
    }
  };

  /** The same bytes with some changed, left out, doubled or put in. */
  const bytes = (given: Buffer): Buffer => {
    let data = Buffer.from(given);
    for (let count = random.integer(1, 4); count > 0; count--) {
      const at = random.integer(0, Math.max(0, data.length - 1));
      const end = Math.min(data.length, at + random.integer(1, 20));
      const [before, part, after] = [data.subarray(0, at), data.subarray(at, end), data.subarray(end)];
      const random8 = Buffer.from(Array.from({ length: random.integer(1, 8) }, () => random.integer(0, 255)));
      data = random.pick([
        Buffer.concat([before, after]),
        Buffer.concat([before, part, part, after]),
        Buffer.concat([before, random8, after]),
        Buffer.concat([before, random8, part, after]),
      ]);
    }
    return data;
  };

  return {
    bytes,
    value: place,
    /** JSON of the value, changed as a value or as a text. */
    text(value: unknown): string {
      const changed = random.integer(0, 3) === 0 ? value : place(value);
      const text = JSON.stringify(changed) ?? '';
      return random.integer(0, 3) === 0 ? bytes(Buffer.from(text)).toString('utf8') : text;
    },
  };
}

export type Mutator = ReturnType<typeof createMutator>;
