import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { coalesceWrites } from './amqp-connection.ts';

describe('coalesced writes', () => {
  const server = createServer();
  let near: Socket;
  let far: Socket;

  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    near = connect((server.address() as AddressInfo).port, '127.0.0.1');
    [far] = await once(server, 'connection');
  });
  afterEach(() => {
    near.destroy();
    far.destroy();
    server.close();
  });

  const connectionOver = (stream: unknown) => ({ connection: { stream } });

  it('holds the data written in one turn until its end, and keeps the order', async () => {
    coalesceWrites(connectionOver(near));
    const texts = Array.from({ length: 2000 }, (_, index) => `${index},`);
    for (const text of texts.slice(0, 1000)) near.write(text);
    expect(near.writableCorked).toBe(1);
    await new Promise((resolve) => process.nextTick(resolve));
    expect(near.writableCorked).toBe(0);
    for (const text of texts.slice(1000)) near.write(text);
    near.end();
    let received = '';
    for await (const bytes of far) received += String(bytes);
    expect(received).toBe(texts.join(''));
  });

  it('leaves other streams than sockets alone', () => {
    expect(() => coalesceWrites(connectionOver(undefined))).not.toThrow();
    expect(() => coalesceWrites(connectionOver({ write: () => true }))).not.toThrow();
  });
});
