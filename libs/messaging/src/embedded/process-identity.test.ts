import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../conformance/deliveries.ts';
import { identifyThisProcess, isCertainlyDead } from './process-identity.ts';

/** Other systems tell less about a process; what they cannot tell is left to the lease. */
const itWithProc = existsSync('/proc/self/stat') ? it : it.skip;

describe('process identity', () => {
  const self = identifyThisProcess();
  const [host, boot, namespace] = self.machine.split('/');

  it('takes a running process for alive', () => {
    expect(isCertainlyDead(self, self.machine)).toBe(false);
  });

  it('finds a process dead that has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const other = { machine: self.machine, pid: child.pid ?? 0, processStart: '' };
    expect(isCertainlyDead(other, self.machine)).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isCertainlyDead(other, self.machine)).toBe(true);
  });

  itWithProc('finds a killed process dead that its parent has not collected yet', async () => {
    // The shell becomes a sleep, which never collects the child that the shell started.
    const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      const [line] = await once(parent.stdout, 'data');
      const pid = Number(line);
      const zombie = { machine: self.machine, pid, processStart: '' };
      expect(isCertainlyDead(zombie, self.machine)).toBe(false);
      // As long as it is a shell it collects its child.
      await eventually(() => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'));
      process.kill(pid, 'SIGKILL');
      await eventually(() => expect(isCertainlyDead(zombie, self.machine)).toBe(true));
      // It still answers to signals: asking with one would have taken it for alive.
      expect(process.kill(pid, 0)).toBe(true);
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    }
  });

  itWithProc('is not misled by a later process with the same pid', () => {
    expect(self.processStart).not.toBe('');
    expect(isCertainlyDead({ ...self, processStart: '1' }, self.machine)).toBe(true);
  });

  itWithProc('does not judge processes of another machine, or of another container of this one', () => {
    const none = { pid: 2 ** 22 + 1, processStart: '1' };
    expect(isCertainlyDead({ ...none, machine: self.machine }, self.machine)).toBe(true);
    expect(isCertainlyDead({ ...none, machine: `elsewhere/${boot}/${namespace}` }, self.machine)).toBe(false);
    expect(isCertainlyDead({ ...none, machine: `${host}/${boot}/pid:[1]` }, self.machine)).toBe(false);
  });

  itWithProc('finds dead what ran before this machine was started again', () => {
    const before = { ...self, machine: `${host}/another-boot/${namespace}` };
    expect(isCertainlyDead(before, self.machine)).toBe(true);
  });
});
