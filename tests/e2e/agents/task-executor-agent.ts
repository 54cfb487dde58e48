import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { defineAgent } from '@parley/agent-kit';
import { z } from 'zod';
import { begun, effects, gate, reached } from './task-paths.ts';

const Input = z.object({ run: z.string(), isHeld: z.boolean().default(false), fails: z.number().default(0) });

/** Each step has an effect outside, a line in a file; one that finds its key there does not write it again. */
export default defineAgent({
  // A name belongs to one group.
  name: process.env.TASK_GROUP ?? 'Executor',
  group: process.env.TASK_GROUP ?? 'executor',
  concurrency: 8,
  onMessage: () => 'I only do steps.',
  async onStep({ step, signal }) {
    const { run, isHeld, fails } = step.parseInput(Input);
    const point = step.kind === 'aggregate' ? 'report' : step.id;
    appendFileSync(begun(run), `${step.id}\n`);
    if (step.attempt <= fails) throw new Error(`attempt ${step.attempt} was to fail`);
    step.progress(`at ${step.id}`);
    const before = existsSync(effects(run)) ? readFileSync(effects(run), 'utf8') : '';
    if (!before.includes(step.key)) appendFileSync(effects(run), `${step.id} ${step.key}\n`);
    if (isHeld) {
      writeFileSync(reached(run, point), '');
      while (!existsSync(gate(run, point)) && !signal.aborted) await delay(20);
    }
    if (step.kind === 'step') return { summary: `${run} ${step.id}`, from: Object.keys(step.results).sort() };
    const lines = Object.entries(step.results).map(([id, result]) => `${id}: ${JSON.stringify(result)}`);
    return { text: [`Report of ${run}, round ${step.round}`, ...lines.sort()].join('\n') };
  },
});
