import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readText } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, UserFileList } from '@parley/shared-models';
import { submit } from '@parley/store/testing';
import { AUTH_SECRET, signToken } from '../../../../../tests/harness/sign-token.ts';
import { makeServices, type ServicesFixture, silent } from '../../../testing/server-fixture.ts';
import { type App, createApp } from '../create-app.ts';
import { registerRoutes } from '../register-routes.ts';

/** Names that an attacker may try for a file. */
const NO_FILES = [
  '..',
  '%2e%2e',
  '../bob/files/conversations.md',
  '..%2fbob%2ffiles%2fconversations.md',
  '%2e%2e%2f%2e%2e%2f%2e%2e%2fetc%2fpasswd',
  '..%5c..%5cetc%5cpasswd',
  '%252e%252e%252fbob',
  '/etc/passwd',
  '%2fetc%2fpasswd',
  '%00',
  'conversations.md%00.json',
  'conversations.md/',
  'conversations.md%2f',
  'conversations.MD',
  './conversations.md',
  'parley.sqlite',
  '__proto__',
  'constructor',
  'undefined.json',
  '.json',
  '%c0%ae%c0%ae%c0%af',
  'x'.repeat(201),
  'x'.repeat(10_000),
  '%',
  '%zz',
];

describe('the files of a person', () => {
  let fixture: ServicesFixture;
  let app: App;

  beforeEach(async () => {
    fixture = await makeServices({ AUTH_SECRET });
    app = await createApp(fixture.services.config, silent, fixture.services.authenticator);
    await registerRoutes(app, fixture.services, () => false);
    await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(async () => {
    await app.close();
    await fixture.remove();
  });

  /** Asks for the path as it stands: `fetch` would tidy it up. */
  async function get(path: string, token?: string): Promise<{ status: number; type: string; text: string }> {
    const { port } = app.server.address() as AddressInfo;
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      http.get({ host: '127.0.0.1', port, path, headers }, resolve).on('error', reject);
    });
    const { statusCode = 0 } = response;
    return {
      status: statusCode,
      type: response.headers['content-type'] ?? '',
      text: await readText(response),
    };
  }
  const filesOf = async (userId: string, token: string) =>
    UserFileList.parse(JSON.parse((await get(`/user/${encodeURIComponent(userId)}/files`, token)).text))
      .files;

  async function write(userId: string, conversationId: string, text: string): Promise<void> {
    await submit(fixture.store, {
      message: {
        id: newId(),
        conversationId,
        kind: 'TEXT',
        sender: { kind: 'user', id: userId, name: userId },
        text,
        createdAt: new Date().toISOString(),
      },
      ownerId: userId,
    });
  }
  const remember = (subject: string, group: string, key: string, value: unknown) =>
    fixture.store.memory.write({ subject, group, key, value: JSON.stringify(value) });

  it('are an empty list for an unknown person', async () => {
    const token = await signToken('ada', 'member');
    expect(await filesOf('ada', token)).toEqual([]);
    expect((await get('/user/ada/files/conversations.md', token)).status).toBe(404);
  });

  it('have all conversations as one text, the newest last, and nothing of anybody else', async () => {
    const [first, second] = [newId(), newId()];
    await write('ada', first, 'What is left of my budget?');
    await write('ada', second, 'Who am I?');
    await write('bob', newId(), 'A secret of Bob');
    await write('ada', first, 'And next month?');

    const file = await get('/user/ada/files/conversations.md', await signToken('ada', 'viewer'));

    expect(file).toMatchObject({ status: 200, type: 'text/markdown; charset=utf-8' });
    const lines = file.text.split('\n').filter((line) => /^(#|>)/.test(line));
    expect(lines).toEqual([
      '# Conversations',
      '## What is left of my budget?',
      '> What is left of my budget?',
      '> And next month?',
      '## Who am I?',
      '> Who am I?',
    ]);
  });

  it('have more conversations and messages than are read at once', async () => {
    const long = newId();
    for (let index = 0; index < 205; index++) await write('ada', long, `number ${index}`);
    for (let index = 0; index < 205; index++) await write('ada', newId(), `begun ${index}`);
    const { text } = await get('/user/ada/files/conversations.md', await signToken('ada', 'member'));
    const quoted = [...text.matchAll(/^> (\w+ \d+)$/gm)].map(([, line]) => line);
    const numbers = Array.from({ length: 205 }, (_, index) => index);
    expect(quoted).toEqual([
      ...numbers.map((number) => `number ${number}`),
      ...numbers.map((number) => `begun ${number}`),
    ]);
  });

  it('have what each group of agents remembers about the person, as it is now', async () => {
    const token = await signToken('ada', 'member');
    await remember('ada', 'finance', 'budget', { amount: '1500.00' });
    await remember('ada', 'finance', 'budget', { amount: '1200.00' });
    await remember('ada', 'helios', 'goal', '10k steps');
    await remember('bob', 'finance', 'budget', 'a secret of Bob');
    await remember('', 'finance', 'rates', 'of the group itself');

    expect((await filesOf('ada', token)).map(({ name }) => name)).toEqual(['finance.json', 'helios.json']);
    const file = await get('/user/ada/files/finance.json', token);
    expect(file).toMatchObject({ status: 200, type: 'application/json; charset=utf-8' });
    expect(JSON.parse(file.text)).toEqual({
      group: 'finance',
      about: 'ada',
      entries: {
        budget: { value: { amount: '1200.00' }, version: 2, updatedAt: expect.any(String) },
      },
    });
  });

  it('are listed with the size that they have and the time of their newest change', async () => {
    const token = await signToken('ada', 'member');
    const conversationId = newId();
    await write('ada', conversationId, 'Größe: 5 €');
    await remember('ada', 'finance', 'budget', 'fünf €');
    const files = await filesOf('ada', token);
    expect(files.map(({ name }) => name)).toEqual(['conversations.md', 'finance.json']);
    for (const { name, size } of files) {
      expect(Buffer.byteLength((await get(`/user/ada/files/${name}`, token)).text)).toBe(size);
    }
    const conversation = await fixture.store.getConversation(conversationId);
    expect(files[0]?.updatedAt).toBe(conversation?.updatedAt);
  });

  it("are only one's own, unless one is an admin", async () => {
    await write('ada', newId(), 'Hello');
    const [bob, operator, admin] = await Promise.all([
      signToken('bob', 'member'),
      signToken('olga', 'operator'),
      signToken('root', 'admin'),
    ]);
    for (const path of ['/user/ada/files', '/user/ada/files/conversations.md', '/user/ada/files/none']) {
      expect((await get(path)).status).toBe(401);
      expect((await get(path, bob)).status).toBe(403);
      expect((await get(path, operator)).status).toBe(403);
    }
    expect((await filesOf('ada', admin)).map(({ name }) => name)).toEqual(['conversations.md']);
    expect((await get('/user/ada/files/conversations.md', admin)).text).toContain('> Hello\n');
  });

  it('have no names but those that are listed, however a path is written', async () => {
    await write('ada', newId(), 'Hello');
    await write('bob', newId(), 'A secret of Bob');
    const token = await signToken('ada', 'member');
    for (const name of NO_FILES) {
      const { status, text } = await get(`/user/ada/files/${name}`, token);
      expect([name, [400, 403, 404, 414].includes(status)]).toEqual([name, true]);
      expect(text).not.toMatch(/secret of Bob|> Hello/);
    }
  });

  it('are not reached by other ways to write whose they are', async () => {
    await write('bob', newId(), 'A secret of Bob');
    const token = await signToken('ada', 'member');
    for (const userId of [
      '..',
      '%2e%2e%2fbob',
      'bob%00',
      'ada%2f..%2fbob',
      'BOB',
      '%20bob',
      'x'.repeat(999),
    ]) {
      const { status, text } = await get(`/user/${userId}/files/conversations.md`, token);
      expect([userId, [400, 403, 404, 414].includes(status)]).toEqual([userId, true]);
      expect(text).not.toContain('secret of Bob');
    }
  });

  it('are found for every user id that a token can have', async () => {
    const userId = `Zoë / ${'x'.repeat(122)}`;
    await write(userId, newId(), 'Hello');
    const token = await signToken(userId, 'member');
    expect((await filesOf(userId, token)).map(({ name }) => name)).toEqual(['conversations.md']);
  });
});
