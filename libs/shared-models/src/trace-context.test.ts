import { describe, expect, it } from '@jest/globals';
import { newId } from './ids.ts';
import { HEADERS, traceIdOf, traceparentOf } from './queue-messages.ts';

describe('the trace context of a message', () => {
  it('has the form of W3C, and the same trace whenever it is made of one message', () => {
    const id = newId();
    expect(traceparentOf(id)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(traceparentOf(id)).toBe(traceparentOf(id));
    expect(traceparentOf(newId())).not.toBe(traceparentOf(id));
  });

  it('is read from the headers, also as another process has written it', () => {
    const id = newId();
    expect(traceIdOf({ [HEADERS.traceparent]: traceparentOf(id) })).toBe(id.replaceAll('-', ''));
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00';
    expect(traceIdOf({ traceparent })).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
  });

  it.each([{}, { traceparent: 7 }, { traceparent: '00-a-b-01' }])('is undefined in %j', (headers) => {
    expect(traceIdOf(headers)).toBeUndefined();
  });
});
