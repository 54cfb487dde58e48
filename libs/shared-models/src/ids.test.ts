import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AgentId, deriveId, Id, newId, slugOf, timeOfId } from './ids.ts';

const PARENT = '019c1234-5678-7abc-8def-0123456789ab';

describe('newId', () => {
  it('makes UUIDs of version 7', () => {
    for (let count = 0; count < 1000; count++) expect(Id.safeParse(newId()).success).toBe(true);
  });

  it('carries the time', () => {
    const before = Date.now();
    const time = timeOfId(newId());
    expect(time).toBeGreaterThanOrEqual(before);
    // Within a millisecond with many ids the counter may run into the next.
    expect(time).toBeLessThanOrEqual(Date.now() + 10);
    const future = Date.UTC(2100, 0, 1);
    expect(timeOfId(newId(future))).toBe(future);
  });

  it('makes ids that sort in the order they were made, with any clock', () => {
    const start = Date.UTC(2200, 0, 1);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 200 }), (ticks) => {
        const ids = ticks.map((tick) => newId(start + tick));
        expect([...ids].sort()).toEqual(ids);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  it('makes more ids within one millisecond than its counter holds, still in order', () => {
    const now = Date.UTC(2300, 0, 1);
    const ids = Array.from({ length: 10_000 }, () => newId(now));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => Id.safeParse(id).success)).toBe(true);
  });

  it('gives no two ids the same random part', () => {
    const parts = Array.from({ length: 10_000 }, () => newId().slice(-17));
    expect(new Set(parts).size).toBe(parts.length);
  });
});

describe('deriveId', () => {
  it('gives the same id for the same parts in every process and version', () => {
    // Computed with another implementation of FNV-1a.
    expect(deriveId(PARENT, 'echo', 0)).toBe('019c1234-5678-7099-9b10-4b9e6ab10bf5');
    expect(deriveId(PARENT, 'echo', 1)).toBe('019c1234-5678-7099-9b10-4b9e6ab10aba');
    expect(deriveId(PARENT, 'büro', 'settled')).toBe('019c1234-5678-7011-b849-ad43a364b273');
  });

  const part = fc.oneof(
    fc.string({ maxLength: 40 }).filter((text) => !text.includes('\u0000')),
    fc.nat(),
  );

  it('makes valid ids with the time of the parent', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        const parent = newId();
        const id = deriveId(parent, ...parts);
        expect(Id.safeParse(id).success).toBe(true);
        expect(timeOfId(id)).toBe(timeOfId(parent));
        expect(deriveId(parent, ...parts)).toBe(id);
      }),
    );
  });

  it('gives different ids for different parents and different parts', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), fc.array(part, { maxLength: 4 }), (one, other) => {
        fc.pre(JSON.stringify(one.map(String)) !== JSON.stringify(other.map(String)));
        expect(deriveId(PARENT, ...one)).not.toBe(deriveId(PARENT, ...other));
        expect(deriveId(newId(), ...one)).not.toBe(deriveId(newId(), ...one));
      }),
    );
  });

  it('gives each reply of an agent to one request its own id', () => {
    const ids = Array.from({ length: 10_000 }, (_, ordinal) => deriveId(PARENT, 'assistant', ordinal));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('slugOf', () => {
  it.each([
    ['Finance', 'finance'],
    ['  Help   Desk  ', 'help-desk'],
    ['help_desk-2', 'help-desk-2'],
    ['Agent 007', 'agent-007'],
    ['ﬁnance', 'finance'],
  ])('turns %j into %s', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });

  it('keeps names apart of which it cannot write everything', () => {
    const names = [
      ...['日本語', '中文', 'ß', 'ss', 'Ærø', '!!!', '???', 'Team 日本', 'Team 中国', 'Team'],
      ...['C', 'C+', 'C++', 'C#', '.NET', 'NET', '-NET', 'R&D', 'R D', 'HR', 'HR!', '🤖', '🤖 HR', 'HR 🦊'],
      ...['Büro', 'Buro', 'Müller', 'Muller', 'İstanbul', 'Istanbul', 'a.b', 'a b'],
    ];
    const slugs = names.map(slugOf);
    expect(new Set(slugs).size).toBe(slugs.length);
    expect(slugOf('C++')).toMatch(/^c-[0-9a-f]{8}$/);
    expect(slugOf('HR & Payroll')).toMatch(/^hr-payroll-[0-9a-f]{8}$/);
    expect(slugOf('Büro Hilfe')).toMatch(/^buro-hilfe-[0-9a-f]{8}$/);
    expect(slugOf('Team 日本')).toMatch(/^team-[0-9a-f]{8}$/);
    expect(slugOf('日本語')).toMatch(/^agent-[0-9a-f]{8}$/);
  });

  it('keeps long names apart that begin alike', () => {
    const long = 'The very long name of an agent of which there are several';
    expect(slugOf(`${long} A`)).not.toBe(slugOf(`${long} B`));
    expect(slugOf(`${long} A`).length).toBeLessThanOrEqual(48);
  });

  it('does not depend on how the letters are composed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 64 }), (name) => {
        expect(slugOf(name.normalize('NFD'))).toBe(slugOf(name.normalize('NFC')));
      }),
    );
  });

  it('makes a valid agent id of any name, at most 48 characters long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => {
        const slug = slugOf(name);
        expect(AgentId.safeParse(slug).success).toBe(true);
        expect(slug.length).toBeLessThanOrEqual(48);
        expect(slugOf(slug)).toBe(slug);
      }),
    );
  });
});

describe('an agent id', () => {
  it.each(['a', 'echo', 'echo-2', 'a.b_c-d', '0', 'a'.repeat(64)])('may be %s', (id) => {
    expect(AgentId.safeParse(id).success).toBe(true);
  });
  it.each(['', 'Echo', '-a', 'a-', 'a b', 'a/b', '*', '#', 'a'.repeat(65), 'a\n', 'ä'])(
    'may not be %j',
    (id) => {
      expect(AgentId.safeParse(id).success).toBe(false);
    },
  );
});
