import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Settings of the benchmark, from the environment. */
export const BenchConfig = z.object({
  BENCH_ROUNDS: z.coerce.number().int().positive().default(3).describe('rounds, of which the median counts'),
  BENCH_SECONDS: z.coerce.number().min(1).default(8).describe('length of each measurement under load, in s'),
  BENCH_CLIENTS: z.coerce.number().int().positive().default(5000).describe('idle clients'),
  RABBITMQ_PID: z
    .string()
    .superRefine((id, context) => {
      const program = programOf(id);
      if (program === 'beam.smp') return;
      const found = program === undefined ? 'no process' : `a process of ${program}`;
      context.addIssue({ code: 'custom', message: `${found}; RabbitMQ runs as beam.smp` });
    })
    .transform(Number)
    .optional()
    .describe("process id of RabbitMQ's beam.smp; unset or empty: its CPU time is left out"),
});
export type BenchConfig = z.infer<typeof BenchConfig>;

/** Undefined: there is no such process, or the system has no `/proc`. */
function programOf(id: string): string | undefined {
  if (!/^\d+$/.test(id)) return undefined;
  try {
    return readFileSync(`/proc/${id}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
