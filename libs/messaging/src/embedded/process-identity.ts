import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process this is, for another process that wants to know whether it still lives. */
export interface ProcessIdentity {
  /** Where `pid` means something: two processes with the same `machine` can look for each other. */
  readonly machine: string;
  readonly pid: number;
  /** Tells the process from a later one with the same pid; empty where the system does not say. */
  readonly processStart: string;
}

export function identifyThisProcess(): ProcessIdentity {
  return {
    machine: identifyMachine(),
    pid: process.pid,
    processStart: readProcessStat(process.pid)?.startedAt ?? '',
  };
}

/** Certain only for processes of this machine; `machine` is what `identifyThisProcess` says here. */
export function isCertainlyDead(other: ProcessIdentity, machine: string): boolean {
  if (wasBeforeRestart(other.machine, machine)) return true;
  if (other.machine !== machine) return false;
  const stat = readProcessStat(other.pid);
  if (stat === undefined) return !answersToSignal(other.pid);
  if (stat.isDead) return true;
  return other.processStart !== '' && stat.startedAt !== other.processStart;
}

/** The same host, but the machine was started again since. */
function wasBeforeRestart(other: string, machine: string): boolean {
  const [otherHost, otherBoot] = other.split('/');
  const [host, boot] = machine.split('/');
  return otherHost === host && boot !== '' && otherBoot !== '' && otherBoot !== boot;
}

/** Host name, boot and pid namespace: containers can share the first, and each has its own pids. */
function identifyMachine(): string {
  return [hostname(), bootId(), pidNamespace()].join('/');
}

function bootId(): string {
  return readIfThere(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '';
}

function pidNamespace(): string {
  return readIfThere(() => readlinkSync('/proc/self/ns/pid')) ?? '';
}

/** undefined where there is no `/proc`, or no such process in it. */
function readProcessStat(pid: number): { isDead: boolean; startedAt: string } | undefined {
  const text = readIfThere(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (text === undefined) return undefined;
  // proc(5): the second field is the name in parentheses and may hold anything; state is the third, start the 22nd.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0] ?? '';
  // A zombie answers to signals until its parent has collected it, but will never do anything again.
  return { isDead: /^[ZXx]$/.test(state), startedAt: fields[19] ?? '' };
}

function answersToSignal(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function readIfThere(read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
