import { describe, expect, it } from '@jest/globals';
import { after, aPlan, doing, planned } from '../testing/tasks.ts';
import { checkPlan } from './check-plan.ts';
import type { TaskPlan } from './task-plan.ts';

const wrong = (plan: TaskPlan, existing = planned(aPlan({})).steps.slice(0, 0)): string => {
  try {
    checkPlan(plan, existing);
  } catch (error) {
    expect(error).toMatchObject({ code: 'agent_failed' });
    return (error as Error).message;
  }
  return 'nothing';
};

describe('a plan', () => {
  it('is complete without what has a default', () => {
    const plan = {
      steps: [{ id: 'a', title: 'A', group: 'executor' }],
      aggregate: { title: 'R', group: 'executor' },
    };
    expect(checkPlan(plan, [])).toEqual({
      steps: [{ ...plan.steps[0], dependsOn: [], timeoutMs: 60_000, maxAttempts: 3, retryMs: 1000 }],
      aggregate: { ...plan.aggregate, id: 'report', timeoutMs: 60_000, maxAttempts: 3, retryMs: 1000 },
    });
  });

  it('is refused with what is wrong about it', () => {
    expect(wrong(aPlan({ a: ['b'] }))).toContain('"a" depends on "b", which there is not');
    expect(wrong(aPlan({ a: ['a'] }))).toContain('"a" depends on itself');
    expect(wrong(aPlan({ a: ['c'], b: ['a'], c: ['b'], d: [] }))).toMatch(/"[abc]" depends on itself/);
    const twice = aPlan({ a: [] });
    expect(wrong({ ...twice, steps: [...twice.steps, ...twice.steps] })).toContain(
      'two steps have the id "a"',
    );
    expect(wrong(aPlan({ a: [] }, { timeoutMs: 0 }))).toContain('steps.0.timeoutMs');
    expect(wrong({ steps: [] } as never)).toContain('aggregate');
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, n): [string, string[]] => [`s${n}`, []]));
    expect(wrong(aPlan(many))).toContain('at most 200 steps');
    expect(wrong(aPlan({ a: ['report'] }))).toContain('depends on "report"');
  });

  it('may build on what an earlier round has given up only by planning it again', () => {
    const { steps: done } = after(planned(aPlan({ a: [] })), ...doing('a'));
    const steps = done.slice(0, 1).map((step) => ({ ...step, state: 'failed' as const }));
    expect(wrong(aPlan({ b: ['a'] }), steps)).toContain('depends on "a"');
    expect(wrong(aPlan({ a: [], b: ['a'] }), steps)).toBe('nothing');
    expect(wrong(aPlan({ a: ['b'], b: ['a'] }), steps)).toContain('depends on itself');
  });

  it('may build on steps of earlier rounds, but not on their reports', () => {
    const { steps } = after(planned(aPlan({ a: [] })), ...doing('a'), ...doing('report', { text: 'R' }));
    expect(wrong(aPlan({ b: ['a'] }), steps)).toBe('nothing');
    expect(wrong(aPlan({ b: ['report'] }), steps)).toContain('depends on "report"');
    expect(wrong(aPlan({ report: [] }), steps)).toContain('the id of an earlier report');
  });
});
