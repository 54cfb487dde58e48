import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { submitted } from './samples.ts';
import type { Context } from './store-fixture.ts';
import type { Report } from './submitting-process.ts';

/** Runs the process until it has reported so much, then kills it. Returns all that it reported. */
async function reportsOfKilledProcess(context: Context, count: number): Promise<Report[]> {
  const main = fileURLToPath(new URL('./submitting-process.ts', import.meta.url));
  const child = spawn(process.execPath, [main, JSON.stringify(context.fixture.address)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // The parent's NODE_OPTIONS are meant for jest.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const reports: Report[] = [];
  child.on('message', (report: Report) => {
    reports.push(report);
    if (reports.length === count) child.kill('SIGKILL');
  });
  // After `close` everything that it sent has arrived.
  const [code, signal] = await once(child, 'close');
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  return reports;
}

export function describeCrashes(context: Context): void {
  describe('a process that is killed', () => {
    it('leaves all that it reported as stored, in order, in the outbox unless it published it', async () => {
      const reports = await reportsOfKilledProcess(context, 1500);
      const store = await context.open();
      const entries = await store.takeOutbox({ limit: 100_000, olderThanMs: 0, leaseMs: 0 });
      const inOutbox = new Set(entries.map(({ message }) => message.id));
      const published = new Set(reports.map((report) => ('published' in report ? report.published : '')));
      const conversationIds = new Set<string>();
      let count = 0;
      for (const report of reports) {
        if (!('submitted' in report)) continue;
        count += 1;
        conversationIds.add(report.conversationId);
        const found = await store.getMessage(report.submitted);
        expect(found).toMatchObject({ message: { seq: report.seq }, status: { status: 'accepted' } });
        if (!published.has(report.submitted)) expect(inOutbox).toContain(report.submitted);
      }
      expect(count).toBeGreaterThan(500);
      for (const conversationId of conversationIds) {
        const { messages } = await store.listMessages(conversationId, { limit: 10_000 });
        expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
        expect((await submitted(store, { conversationId })).seq).toBe(messages.length + 1);
      }
    });
  });
}
