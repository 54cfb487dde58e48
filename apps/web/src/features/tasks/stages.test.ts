import { describe, expect, it } from '@jest/globals';
import { TaskStep } from '@parley/shared-models';
import { roundsOf, stagesOf } from './stages.ts';

const step = (id: string, dependsOn: string[] = [], more: Partial<TaskStep> = {}): TaskStep =>
  TaskStep.parse({ id, title: id, state: 'pending', dependsOn, ...more });
const ids = (stages: readonly (readonly TaskStep[])[]) => stages.map((stage) => stage.map(({ id }) => id));

describe('the stages of a plan', () => {
  it('put independent steps side by side, and the report last', () => {
    const stages = stagesOf([
      step('report', [], { kind: 'aggregate' }),
      step('load-a'),
      step('load-b'),
      step('measure-a', ['load-a']),
      step('compare', ['measure-a', 'load-b']),
    ]);
    expect(ids(stages)).toEqual([['load-a', 'load-b'], ['measure-a'], ['compare'], ['report']]);
  });

  it('take the steps of earlier rounds as done, and show the newest round first', () => {
    const rounds = roundsOf([step('load'), step('again', ['load'], { round: 2 })]);
    expect(rounds.map(({ round, stages }) => [round, ids(stages)])).toEqual([
      [2, [['again']]],
      [1, [['load']]],
    ]);
  });

  it('come to an end even with a plan that goes in circles', () => {
    expect(
      ids(stagesOf([step('a', ['b']), step('b', ['a'])]))
        .flat()
        .toSorted(),
    ).toEqual(['a', 'b']);
  });
});
