import { readFileSync } from 'node:fs';

/** The processes that take part in a round trip, by what they are. */
export type ProcessIds = Readonly<Record<string, number>>;

/** Microseconds of one tick of the kernel's accounting; every Linux that Node runs on has 100 of them a second. */
const TICK_US = 10_000;

/** User and system time of each process so far, in microseconds. Linux only: elsewhere there are no figures. */
export function cpuTimes(ids: ProcessIds): Map<string, number> {
  if (process.platform !== 'linux') return new Map();
  return new Map(Object.entries(ids).map(([name, id]) => [name, cpuTimeOf(id)]));
}

function cpuTimeOf(id: number): number {
  // The second field, the command's name, may hold spaces; it ends with the last parenthesis.
  const fields = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}
