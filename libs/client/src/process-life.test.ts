import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { startServer } from '../testing/start-pair.ts';

const echo = { kind: 'agent', id: 'echo', name: 'Echo' } as const;

/** Runs a script that uses the client in a Node process of its own. */
function runScript(url: string, script: string) {
  const modules = {
    client: new URL('index.ts', import.meta.url).href,
    // By URL: a script without a file cannot resolve packages.
    ws: import.meta.resolve('ws'),
  };
  const source = `
    import { createClient } from ${JSON.stringify(modules.client)};
    import { WebSocket as WsWebSocket } from ${JSON.stringify(modules.ws)};
    const options = { url: ${JSON.stringify(url)}, clientName: 'child', closeTimeoutMs: 50 };
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
    // The child must not inherit the options of the test run.
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
  });
  return once(child, 'close').then(([code]) => ({ code, errors }));
}

describe('a process that uses the client', () => {
  it('ends by itself after close, although a message waits for its acknowledgement', async () => {
    const server = await startServer();
    const ended = runScript(
      server.url,
      `const client = createClient(options);
       client.on('welcome', () => client.send({ text: 'never acknowledged' }));
       client.on('typing', () => client.close());
       client.connect();`,
    );
    const peer = await server.next();
    await peer.welcome();
    const { conversationId = '' } = await peer.take('message.send');
    peer.send({ type: 'typing', conversationId, by: echo, isTyping: true });
    expect(await ended).toEqual({ code: 0, errors: '' });
  });

  it('ends by itself after close with the package ws, although the server has died without closing', async () => {
    const server = await startServer();
    const ended = runScript(
      server.url,
      `const client = createClient({ ...options, webSocket: WsWebSocket });
       client.on('welcome', () => client.send({ text: 'never acknowledged' }));
       client.on('typing', () => client.close());
       client.connect();`,
    );
    const peer = await server.next();
    await peer.welcome();
    const { conversationId = '' } = await peer.take('message.send');
    // From now on it writes but does not read.
    peer.socket.pause();
    peer.send({ type: 'typing', conversationId, by: echo, isTyping: true });
    expect(await ended).toEqual({ code: 0, errors: '' });
  });

  it('survives rejections that nobody looks at', async () => {
    const server = await startServer();
    const ended = runScript(
      server.url,
      `const client = createClient(options);
       client.send({ text: '' });
       const { id } = client.send({ text: 'refused' });
       client.send({ text: 'pending' });
       client.on('error', (error) => { if (error.inReplyTo === id) client.close(); });
       client.connect();`,
    );
    const peer = await server.next();
    await peer.welcome();
    const { id } = await peer.take('message.send');
    peer.send({ type: 'error', code: 'forbidden', message: 'no', inReplyTo: id });
    expect(await ended).toEqual({ code: 0, errors: '' });
  });

  it('gets the error of a listener as an uncaught exception when there is no error listener', async () => {
    const server = await startServer();
    const ended = runScript(
      server.url,
      `const client = createClient(options);
       process.once('uncaughtException', async (error) => {
         process.exitCode = error.message === 'oops' && client.connection.state === 'open' ? 7 : 1;
         await client.close();
       });
       client.on('welcome', () => { throw new Error('oops'); });
       client.connect();`,
    );
    await (await server.next()).welcome();
    expect(await ended).toEqual({ code: 7, errors: '' });
  });
});
