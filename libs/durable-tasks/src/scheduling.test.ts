import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../tools/test/property-runs.mjs';
import { type SimulatedWorld, simulateWorld } from '../testing/simulated-world.ts';
import { aPlan, aTask } from '../testing/tasks.ts';
import { checkPlan } from './check-plan.ts';
import { isOpen } from './next-work.ts';
import type { TaskDocument } from './task-document.ts';
import { isWorking } from './transitions.ts';

/** Dependencies of up to eight steps, each only on earlier ones. */
const dependencies = fc
  .array(fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), { minLength: 1, maxLength: 8 })
  .map((rows) =>
    Object.fromEntries(
      rows.map((row, n): [string, string[]] => [
        `s${n}`,
        row.slice(0, n).flatMap((isNeeded, other) => (isNeeded ? [`s${other}`] : [])),
      ]),
    ),
  );

const command = fc.oneof(
  { weight: 6, arbitrary: fc.constant((world: SimulatedWorld) => world.drive()) },
  { weight: 2, arbitrary: fc.constant((world: SimulatedWorld) => world.crash()) },
  { weight: 2, arbitrary: fc.constant((world: SimulatedWorld) => world.crashAfterSaving()) },
  { weight: 2, arbitrary: fc.constant((world: SimulatedWorld) => world.drive(true)) },
  { weight: 5, arbitrary: fc.nat(20).map((n) => (world: SimulatedWorld) => world.answer(n, true)) },
  { weight: 2, arbitrary: fc.nat(20).map((n) => (world: SimulatedWorld) => world.answer(n, false)) },
  { weight: 2, arbitrary: fc.nat(20).map((n) => (world: SimulatedWorld) => world.miss(n)) },
  { weight: 3, arbitrary: fc.nat(50).map((n) => (world: SimulatedWorld) => world.repeat(n)) },
  { weight: 2, arbitrary: fc.nat(3000).map((ms) => (world: SimulatedWorld) => world.wait(ms)) },
);
const commands = fc.array(command, { maxLength: 120 });

/** The invariant of each save: dependants begin only when the results that they need are stored. */
function checkSave(before: TaskDocument, after: TaskDocument): void {
  const earlier = new Map(before.steps.map((step) => [step.id, step]));
  const stored = new Map(after.steps.map((step) => [step.id, step]));
  for (const step of after.steps) {
    if (step.attempt === (earlier.get(step.id)?.attempt ?? 0)) continue;
    const needed =
      step.kind === 'step'
        ? step.dependsOn
        : after.steps.flatMap(({ id, kind }) => (kind === 'step' ? [id] : []));
    for (const id of needed) expect(stored.get(id)?.state).toBe('done');
  }
}

/** Without further accidents, to the end; every attempt succeeds from now on. */
function finish(world: SimulatedWorld): void {
  for (let round = 0; round < 500 && isOpen(world.task()); round++) {
    world.drive();
    world.answer(round, true);
    world.wait(60_000);
  }
}

describe('driving a task', () => {
  it('brings every step to its end once, whichever process dies when, and also when events come late or twice', () => {
    fc.assert(
      fc.property(dependencies, commands, (steps, accidents) => {
        const task = aTask();
        // More attempts than accidents can use up.
        const plan = checkPlan(aPlan(steps, { maxAttempts: 10, retryMs: 500 }), []);
        const patient = {
          steps: plan.steps.map((step) => ({ ...step, maxAttempts: 1000 })),
          aggregate: { ...plan.aggregate, maxAttempts: 1000 },
        };
        const world = simulateWorld(task, patient, checkSave);
        for (const accident of accidents) accident(world);
        finish(world);

        const end = world.task();
        expect(end.state).toBe('REFINEMENT_READY');
        expect(end.steps.map(({ id, state }) => `${id} ${state}`)).toEqual(
          [...Object.keys(steps), 'report'].map((id) => `${id} done`),
        );
        // The stored result is that of the attempt that was under way; each attempt was asked for once, and all were
        // used.
        for (const step of end.steps) {
          const attempts = [...world.asked.values()].filter((asked) => asked.step.id === step.id);
          expect(attempts.map((asked) => asked.step.attempt)).toEqual(
            Array.from({ length: step.attempt }, (_, n) => n + 1),
          );
          const last = attempts.at(-1)?.outcome;
          expect(last).toMatchObject({ type: 'done', attempt: step.attempt, result: step.result });
        }
        expect([...world.said.values()]).toEqual(['Report']);
      }),
      { numRuns: runs(300) },
    );
  });

  it('gives a step the stored results of what it depends on, and of nothing else', () => {
    fc.assert(
      fc.property(dependencies, commands, (steps, accidents) => {
        const plan = checkPlan(aPlan(steps, { maxAttempts: 10 }), []);
        const world = simulateWorld(aTask(), plan, checkSave);
        for (const accident of accidents) accident(world);
        const results = new Map(world.task().steps.map(({ id, result }) => [id, result]));
        for (const { step, call } of world.asked.values()) {
          const needed = step.kind === 'step' ? step.dependsOn : Object.keys(steps);
          expect(Object.keys(call.results).toSorted()).toEqual([...needed].toSorted());
          for (const id of needed) expect(call.results[id]).toBe(results.get(id));
        }
      }),
      { numRuns: runs(100) },
    );
  });

  it('ends with the reason when the attempts at a step are used up, and begins nothing more', () => {
    fc.assert(
      fc.property(dependencies, fc.nat(20), (steps, which) => {
        const world = simulateWorld(aTask(), checkPlan(aPlan(steps, { maxAttempts: 2 }), []), checkSave);
        for (let round = 0; round < 40; round++) {
          world.drive();
          world.answer(which, false);
          world.wait(60_000);
        }
        const end = world.task();
        expect(end).toMatchObject({ state: 'FAILED', error: { code: 'agent_failed' } });
        expect(isOpen(end)).toBe(false);
        expect(end.steps.filter(({ state }) => state === 'pending' || state === 'running')).toEqual([]);
        expect([...world.said.values()]).toEqual([expect.stringContaining('failed')]);
      }),
      { numRuns: runs(100) },
    );
  });

  it('stays cancelled, whatever comes afterwards', () => {
    fc.assert(
      fc.property(dependencies, commands, commands, (steps, before, afterwards) => {
        const world = simulateWorld(aTask(), checkPlan(aPlan(steps, { maxAttempts: 10 }), []), checkSave);
        for (const accident of before) accident(world);
        fc.pre(isWorking(world.task().state));
        world.cancel();
        const asked = world.asked.size;
        for (const accident of afterwards) accident(world);
        finish(world);
        expect(world.task().state).toBe('CANCELLED');
        expect(isOpen(world.task())).toBe(false);
        expect(world.asked.size).toBe(asked);
      }),
      { numRuns: runs(100) },
    );
  });

  it('keeps its report when it is cancelled after that was stored, though it is still to be said', () => {
    fc.assert(
      fc.property(dependencies, commands, (steps, before) => {
        const world = simulateWorld(aTask(), checkPlan(aPlan(steps, { maxAttempts: 10 }), []), checkSave);
        for (const accident of before) accident(world);
        for (let round = 0; round < 500 && isWorking(world.task().state); round++) {
          world.crashAfterSaving();
          world.drive();
          world.answer(round, true);
          world.wait(60_000);
        }
        fc.pre(world.task().state === 'REFINEMENT_READY');
        const reported = world.task();
        world.cancel();
        expect(world.task()).toBe(reported);
        finish(world);
        expect(world.task().state).toBe('REFINEMENT_READY');
        expect([...world.said.values()]).toEqual(['Report']);
      }),
    );
  });
});
