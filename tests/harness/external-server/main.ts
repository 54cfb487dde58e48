/**
 * An external WebSocket server that knows nothing of Parley, as a process of its own. Tests tell it what to do, and
 * hear what happens, over a second WebSocket at `/control`.
 */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Command, Happening } from './control.ts';

const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.env.PORT ?? 0) });
const controllers = new Set<WebSocket>();
const peers = new Map<WebSocket, import('node:net').Socket>();
/** All that happened, for who comes to control it only after that: a gateway may be faster. */
const past: Happening[] = [];
let isEchoing = false;

function tell(happening: Happening): void {
  past.push(happening);
  for (const controller of controllers) controller.send(JSON.stringify(happening));
}

function onCommand(command: Command): void {
  for (const [peer, transport] of peers) {
    if (command.do === 'text') peer.send(command.data);
    else if (command.do === 'binary') peer.send(Buffer.from(command.data));
    else if (command.do === 'ping') peer.ping(command.data);
    else if (command.do === 'bytes') transport.write(Buffer.from(command.hex, 'hex'));
    else if (command.do === 'drop') peer.terminate();
    else if (command.do === 'close') peer.close(command.code);
    else if (command.do === 'stop-reading') transport.pause();
    else if (command.do === 'flood') {
      for (let number = 0; number < command.count; number++)
        peer.send(command.data.replaceAll('#', String(number)));
    }
  }
  if (command.do === 'echo') isEchoing = true;
}

server.on('connection', (socket, request) => {
  if (request.url === '/control') {
    for (const happening of past) socket.send(JSON.stringify(happening));
    controllers.add(socket);
    socket.on('message', (data) => {
      onCommand(JSON.parse(data.toString()) as Command);
      socket.send(JSON.stringify({ event: 'done' } satisfies Happening));
    });
    socket.on('close', () => controllers.delete(socket));
    return;
  }
  peers.set(socket, request.socket);
  tell({ event: 'connected', path: request.url ?? '' });
  socket.on('message', (data) => {
    tell({ event: 'received', data: data.toString() });
    if (isEchoing) for (const peer of peers.keys()) peer.send(data.toString());
  });
  socket.on('pong', (data) => tell({ event: 'pong', data: data.toString() }));
  socket.on('error', () => socket.terminate());
  socket.on('close', (code) => {
    peers.delete(socket);
    tell({ event: 'disconnected', code });
  });
});

server.on('listening', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ level: 'info', msg: 'listening', port })}\n`);
});
