import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { defineAgent, type PlannedStep } from '@parley/agent-kit';
import { gate, reached } from './task-paths.ts';

/** What a message to it may ask for: `<what> <run> [points at which it is held, separated by commas]`. */
const plans: Record<string, (run: string, held: readonly string[]) => PlannedStep[]> = {
  diamond: (run, held) => {
    const step = (id: string, dependsOn: string[], input: object = {}): PlannedStep => ({
      id,
      title: `Do ${id}`,
      group: 'executor',
      input: { run, isHeld: held.includes(id), ...input },
      dependsOn,
      retryMs: 50,
    });
    return [step('a', []), step('b', ['a']), step('c', ['a']), step('d', ['b', 'c'])];
  },
  failing: (run) => [
    { id: 'a', title: 'Do a', group: 'executor', input: { run }, dependsOn: [] },
    {
      id: 'b',
      title: 'Do b',
      group: 'executor',
      input: { run, fails: 9 },
      // Else it may fail for good while the other one runs, which is cancelled then.
      dependsOn: ['a'],
      maxAttempts: 2,
      retryMs: 20,
    },
  ],
  flaky: (run) => [{ id: 'a', title: 'Do a', group: 'executor', input: { run, fails: 2 }, retryMs: 20 }],
  late: (run) => [
    { id: 'a', title: 'Do a', group: 'latecomer', input: { run }, maxAttempts: 1, timeoutMs: 30_000 },
  ],
  slow: (run) => [
    {
      id: 'a',
      title: 'Do a',
      group: 'executor',
      input: { run, isHeld: true },
      timeoutMs: 300,
      maxAttempts: 1,
    },
  ],
};

export default defineAgent({
  name: 'Planner',
  group: 'planner',
  tasks: {
    async plan({ text, round, steps }) {
      const [what = '', run = '', points = ''] = text.split(' ');
      const held = points.split(',');
      if (held.includes('planning')) {
        writeFileSync(reached(run, 'planning'), '');
        while (!existsSync(gate(run, 'planning'))) await delay(20);
      }
      const planned = round === 1 ? (plans[what]?.(run, held) ?? []) : [];
      const aggregate = {
        title: 'Report',
        group: 'executor',
        input: { run, isHeld: held.includes('report') },
      };
      return { steps: planned, aggregate, message: `Round ${round}, ${steps.length} steps before.` };
    },
  },
  async onMessage({ text, tasks }) {
    const [what, run] = text.split(' ');
    const before = await tasks.latest();
    if (what === 'status') return before?.state ?? 'no task';
    if (what === 'cancel' && before !== undefined) return (await tasks.cancel(before.id)).state;
    if (what === 'refine' && before !== undefined) return (await tasks.refine(before.id)).state;
    const task = await tasks.start({ title: `The run ${run}` });
    return `begun: ${task.id}`;
  },
});
