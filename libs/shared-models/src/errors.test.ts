import { describe, expect, it } from '@jest/globals';
import { ERRORS, ErrorCode, ErrorReport, ParleyError, reportOf } from './errors.ts';

describe('the error codes', () => {
  it.each(Object.entries(ERRORS))(
    '%s has a meaning and an HTTP status of an error',
    (code, { meaning, status }) => {
      expect(ErrorCode.safeParse(code).success).toBe(true);
      expect(meaning).toMatch(/^[A-Z`].*\.$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
    },
  );
});

describe('reportOf', () => {
  it('tells code, message and details of an error of Parley, and nothing of its cause', () => {
    const error = new ParleyError('not_found', 'No such agent.', {
      cause: new Error('row'),
      details: { agentId: 'a' },
    });
    expect(reportOf(error)).toEqual({
      code: 'not_found',
      message: 'No such agent.',
      details: { agentId: 'a' },
    });
    expect(error.cause).toEqual(new Error('row'));
    expect(ErrorReport.safeParse(reportOf(error)).success).toBe(true);
  });

  it('tells nothing of any other error', () => {
    for (const thrown of [
      new TypeError('password is hunter2'),
      'hunter2',
      undefined,
      { code: 'not_found' },
    ]) {
      expect(reportOf(thrown)).toEqual({ code: 'internal', message: 'Something went wrong on the server.' });
    }
  });
});
