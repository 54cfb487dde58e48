import { describe, expect, it } from '@jest/globals';
import { summarize } from './load-summary.ts';
import { loadTable } from './load-table.ts';

const plan = { clients: 2, duration: 10, url: 'http://127.0.0.1:8080' };

describe('the figures of a load test', () => {
  it('are those of the messages that were answered', () => {
    const times = Array.from({ length: 20 }, (_, index) => (20 - index) * 100);
    const summary = summarize({ sent: 25, times, errors: ['late', 'no', 'late'], elapsedMs: 4000 });
    expect(summary).toEqual({
      sent: 25,
      received: 20,
      successRate: 0.8,
      messagesPerSecond: 5,
      errors: 3,
      responseMs: { average: 1050, median: 1050, p95: 1900 },
      errorKinds: [
        { message: 'late', count: 2 },
        { message: 'no', count: 1 },
      ],
    });
  });

  it('take the middle one of an odd number of times', () => {
    expect(summarize({ sent: 3, times: [9, 1, 5], errors: [], elapsedMs: 1 }).responseMs?.median).toBe(5);
  });

  it('are zero when nothing was sent or answered', () => {
    expect(summarize({ sent: 0, times: [], errors: [], elapsedMs: 0 })).toMatchObject({
      successRate: 0,
      messagesPerSecond: 0,
      responseMs: undefined,
    });
  });

  it('say 100 % only when all were answered', () => {
    const times = Array.from({ length: 99_999 }, () => 1);
    const table = loadTable(plan, summarize({ sent: 100_000, times, errors: ['late'], elapsedMs: 1000 }));
    expect(table).toContain('Success rate:      99.99%');
    expect(table).toContain('1 × late');
  });

  it('leave the response times out of the table where there are none', () => {
    const table = loadTable(plan, summarize({ sent: 1, times: [], errors: ['late'], elapsedMs: 1000 }));
    expect(table).not.toContain('Median');
  });
});
