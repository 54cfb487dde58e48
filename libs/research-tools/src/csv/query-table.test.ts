import { describe, expect, it } from '@jest/globals';
import { queryTable } from './query-table.ts';
import { parseTable } from './table.ts';

const table = await parseTable(
  '# remark\nteam,name,age\nred,Ada,36\nblue,Grace,9\nred,Lin,101\nblue,Bo,\n',
  'people',
);

describe('queryTable', () => {
  it('chooses rows and columns, and orders numbers as numbers', () => {
    const query = { select: ['name'], where: [{ column: 'age', is: '>', value: 8 }] } as const;
    expect(queryTable(table, { ...query, select: ['name'], where: [...query.where] })).toHaveLength(3);
    expect(
      queryTable(table, { select: ['name', 'age'], orderBy: { column: 'age', descending: true }, limit: 2 }),
    ).toEqual([
      { name: 'Lin', age: 101 },
      { name: 'Ada', age: 36 },
    ]);
  });

  it('compares days and words as text', async () => {
    const days = await parseTable('day\n2026-01-31\n2026-02-01\n2026-10-01\n', 'days');
    const where = [
      { column: 'day', is: '>=' as const, value: '2026-02-01' },
      { column: 'day', is: '<' as const, value: '2026-10-01' },
    ];
    expect(queryTable(days, { where })).toEqual([{ day: '2026-02-01' }]);
    expect(queryTable(table, { where: [{ column: 'name', is: 'contains', value: 'A' }] })).toHaveLength(2);
  });

  it('makes figures over groups, without empty cells', () => {
    const aggregate = [
      { of: 'age', by: 'mean' as const },
      { of: 'name', by: 'count' as const },
    ];
    expect(queryTable(table, { groupBy: 'team', aggregate })).toEqual([
      { team: 'red', 'mean(age)': 68.5, 'count(name)': 2 },
      { team: 'blue', 'mean(age)': 9, 'count(name)': 2 },
    ]);
    const ends = queryTable(table, {
      aggregate: [
        { of: 'age', by: 'min' },
        { of: 'age', by: 'max' },
        { of: 'age', by: 'sum' },
      ],
    });
    expect(ends).toEqual([{ 'min(age)': 9, 'max(age)': 101, 'sum(age)': 146 }]);
  });

  it('names a column that is not there, and a cell that is no number', () => {
    expect(() => queryTable(table, { select: ['size'] })).toThrow('There are: team, name, age.');
    expect(() => queryTable(table, { aggregate: [{ of: 'name', by: 'sum' }] })).toThrow('“Ada”');
  });
});
