import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { collectDeliveries, eventually } from '../conformance/deliveries.ts';
import { envelopeOf, textOf } from '../conformance/envelopes.ts';
import { type BusFolder, makeBusFolder } from './bus-folder.ts';
import { addressesFor, prepareAddress, resolveAddress } from './peer-address.ts';
import { createPeerLink, encodeFrame } from './peer-link.ts';

describe('sockets between processes', () => {
  let folder: BusFolder;
  beforeEach(async () => {
    folder = await makeBusFolder();
  });
  afterEach(() => folder.remove());

  const socketFiles = (): string[] => {
    const sockets = path.join(folder.dataDir, 'sockets');
    return existsSync(sockets) ? readdirSync(sockets) : [];
  };

  it('do not make a bus wait for a process that stands still', async () => {
    const [bus, other] = await Promise.all([folder.open(), folder.start()]);
    other.signal('SIGSTOP');
    const heard: string[] = [];
    const subscription = await bus.subscribe('server_fanout_1', (signal) => heard.push(textOf(signal)));
    for (let key = 0; key < 100; key++) await subscription.bind(String(key));
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 1 });
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('x'));
    await received.waitFor(1);
    const third = await folder.open();
    third.signal({ type: 't', key: '99', body: new TextEncoder().encode('heard') });
    await eventually(() => expect(heard).toEqual(['heard']));
  });

  it('leave no file behind: not one of a closed bus, nor one of a killed process', async () => {
    const [bus, other] = await Promise.all([folder.open(), folder.start()]);
    expect(socketFiles()).toHaveLength(2);
    other.signal('SIGKILL');
    await eventually(() => expect(socketFiles()).toHaveLength(1));
    await bus.close();
    expect(socketFiles()).toEqual([]);
  });

  it('turn away who does not know the secret, and who says nothing', async () => {
    const bus = await folder.open();
    const heard: string[] = [];
    await (await bus.subscribe('server_fanout_1', (signal) => heard.push(textOf(signal)))).bind('k');
    const [file] = socketFiles();
    const stranger = connect(path.join(folder.dataDir, 'sockets', file ?? ''));
    const post = {
      kind: 'post',
      topic: 'signal:k',
      type: 't',
      body: new TextEncoder().encode('forged'),
    } as const;
    stranger.write(encodeFrame({ kind: 'hello', key: 'x', secret: 'guessed' }));
    stranger.write(encodeFrame(post));
    stranger.resume();
    const silent = connect(path.join(folder.dataDir, 'sockets', file ?? ''));
    silent.resume();
    await Promise.all([once(stranger, 'close'), once(silent, 'close')]);
    bus.signal({ type: 't', key: 'k', body: new TextEncoder().encode('own') });
    await eventually(() => expect(heard).toEqual(['own']));
  });

  it('drop what a reader leaves unread beyond a bound', async () => {
    const server = createServer((reader) => {
      reader.pause();
      reader.on('error', () => reader.destroy());
    }).listen(path.join(folder.dataDir, 'deaf.sock'));
    await once(server, 'listening');
    const socket = connect(path.join(folder.dataDir, 'deaf.sock'));
    await once(socket, 'connect');
    const link = createPeerLink(socket, {
      onFrame: () => undefined,
      maxFrameBytes: () => 0,
      onClosed: () => undefined,
    });
    const frame = encodeFrame({ kind: 'post', topic: 't', type: '', body: new Uint8Array(100_000) });
    for (let sent = 0; sent < 200; sent++) link.sendIfRoom(frame);
    const unread = socket.writableLength;
    link.destroy();
    await once(socket, 'close');
    server.close();
    expect(unread).toBeGreaterThan(0);
    expect(unread).toBeLessThan(1_200_000);
  });

  it('stand in the temporary folder when the way to the data folder is too long for a socket', () => {
    const [short] = addressesFor('/data', 'key');
    expect(short?.shared).toMatch(/^data:/);
    const long = `/${'long/'.repeat(30)}`;
    const [address] = addressesFor(long, 'key');
    expect(address?.shared).toMatch(/^(path|pipe):/);
    expect(resolveAddress(long, address?.shared ?? '')).toBe(address?.path);
    expect(resolveAddress(long, 'data:x.sock')).toBeUndefined();
    expect(resolveAddress('/data', 'nonsense')).toBeUndefined();
  });

  it('do not meet in a folder that another account has put in the place of theirs', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'parley-peers-'));
    const planted = path.join(folder, 'parley');
    const address = { path: path.join(planted, 'x.sock'), shared: `path:${path.join(planted, 'x.sock')}` };
    try {
      // A link is what any account can make; a folder of another account needs root to be made here.
      mkdirSync(path.join(folder, 'elsewhere'));
      symlinkSync(path.join(folder, 'elsewhere'), planted);
      expect(() => prepareAddress(address)).toThrow('is not a folder of this account');
      unlinkSync(planted);
      prepareAddress(address);
      if (process.getuid?.() !== 0) return;
      chownSync(planted, 65_534, 65_534);
      expect(() => prepareAddress(address)).toThrow('is not a folder of this account');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
