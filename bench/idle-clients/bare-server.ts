import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

/** A server of bare `ws`, in a process of its own: it tells its parent its port and ends with it. */
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
server.on('listening', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit(0));
