import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runs } from '../../../tools/test/property-runs.mjs';
import { redactUrls } from './redact-urls.ts';

describe('redactUrls', () => {
  it.each([
    ['amqp://user:secret@host:5672', 'amqp://***@host:5672'],
    ['postgres://user@host/db', 'postgres://***@host/db'],
    ['amqp://:secret@host', 'amqp://***@host'],
    ['amqp://user:sec/ret@host/vhost', 'amqp://***@host/vhost'],
    ['amqp://user:sec@ret@host', 'amqp://***@host'],
    ['amqp://user:#secret?@host', 'amqp://***@host'],
    ['from amqp://a:b@one to AMQPS://c:d@two.', 'from amqp://***@one to AMQPS://***@two.'],
    ['http://127.0.0.1:8080/?token=secret&x=1#top', 'http://127.0.0.1:8080/?token=***&x=1#top'],
    ['{"url":"/ws/ada?x=1&token=se-cr_et"}', '{"url":"/ws/ada?x=1&token=***"}'],
  ])('makes %s to %s', (text, redacted) => {
    expect(redactUrls(text)).toBe(redacted);
  });

  it.each([
    'http://localhost:8080/path?mail=ada@example.com',
    'https://example.com/@scope/package',
    'mail ada@example.com about http://host:80',
    'no URL: a@b',
    '://@',
  ])('leaves %s as it is', (text) => {
    expect(redactUrls(text)).toBe(text);
  });

  it('leaves nothing of any password that can stand in a log line', () => {
    // Without the characters that JSON escapes or that end a URL, and without a password that reads as a port and a path.
    const character = fc.constantFrom(...'abcXYZ0189-._~!$&()*+,;=:@/?#[]%ü'.split(''));
    const password = fc
      .string({ unit: character, minLength: 1, maxLength: 60 })
      .filter((text) => !/^\d+[/?#]/.test(text));
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{0,10}$/), password, (user, secret) => {
        const redacted = redactUrls(`before amqp://${user}:${secret}@queue:5672/vhost after`);
        expect(redacted).toBe('before amqp://***@queue:5672/vhost after');
      }),
      { numRuns: runs(500) },
    );
  });

  it('stays fast with text that is made to make it slow', () => {
    for (const piece of ['a.', 'a://b:', 'a://', 'amqp://a@', '"token":"', 'http://x:1']) {
      expect(redactUrls(piece.repeat(50_000))).toBeDefined();
    }
  });
});
