import { readFileSync } from 'node:fs';
import type { Figures, Row } from './part.ts';
import type { BenchConfig } from './settings.ts';

/** The processes that take part in a measurement. The clients are the benchmark itself; in the bare chain it is the server too. */
const PROCESSES = ['clients', 'RabbitMQ', 'server', 'broker', 'agent'] as const;

/** Those of them that were started for the measurement. */
export type ProcessIds = Readonly<Partial<Record<(typeof PROCESSES)[number], number>>>;

/** Microseconds of one tick of the kernel's accounting; every Linux that Node runs on has 100 of them a second. */
const TICK_US = 10_000;

/** Rows for the CPU time of all processes together, then of each. @param of `a round trip` */
export function cpuRows(of: string): Record<string, Row> {
  return Object.fromEntries([
    [`CPU of ${of}, all processes, µs`, { digits: 0, hasRatio: true }],
    ...PROCESSES.map((name) => [labelOf(of, name), { digits: 0 }] as const),
  ]);
}

const labelOf = (of: string, name: string): string => `CPU of ${of}, ${name}, µs`;

/**
 * Figures for `cpuRows`: the CPU time, user and system, for one of the items that the work handles. Linux only: elsewhere
 * there are none.
 * @param work resolves with the number of items that were begun and ended meanwhile
 */
export async function cpuOfEach(
  of: string,
  { RABBITMQ_PID }: BenchConfig,
  started: ProcessIds & { readonly usesRabbitMq: boolean },
  work: () => Promise<number>,
): Promise<Figures> {
  const { usesRabbitMq, ...own } = started;
  const ids = {
    clients: process.pid,
    ...(usesRabbitMq && RABBITMQ_PID !== undefined ? { RabbitMQ: RABBITMQ_PID } : {}),
    ...own,
  };
  const before = cpuTimes(ids);
  const count = await work();
  const each = [...cpuTimes(ids)].map(
    ([name, time]) => [labelOf(of, name), (time - (before.get(name) ?? 0)) / count] as const,
  );
  if (each.length === 0) return {};
  const all = each.reduce((sum, [, time]) => sum + time, 0);
  return { [`CPU of ${of}, all processes, µs`]: all, ...Object.fromEntries(each) };
}

function cpuTimes(ids: Readonly<Record<string, number>>): Map<string, number> {
  if (process.platform !== 'linux') return new Map();
  return new Map(Object.entries(ids).map(([name, id]) => [name, cpuTimeOf(id)]));
}

function cpuTimeOf(id: number): number {
  // The second field, the command's name, may hold spaces; it ends with the last parenthesis.
  const fields = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}
