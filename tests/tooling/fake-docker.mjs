#!/usr/bin/env node
/**
 * Stands for `docker` in a test: notes its arguments, and for `compose up` puts up what answers like RabbitMQ on the
 * ports that docker-compose.yml would publish.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = fileURLToPath(import.meta.url);
const folder = dirname(file);
const args = process.argv.slice(2);
const { RABBITMQ_PORT, RABBITMQ_MANAGEMENT_PORT } = process.env;

if (args[0] === 'be-rabbitmq') {
  const startMethod = Buffer.from([1, 0, 0]);
  createServer((socket) => socket.once('data', () => socket.end(startMethod))).listen(
    Number(RABBITMQ_PORT),
    '127.0.0.1',
  );
  createHttpServer((_request, response) => response.end('{}')).listen(
    Number(RABBITMQ_MANAGEMENT_PORT),
    '127.0.0.1',
  );
} else {
  appendFileSync(join(folder, 'calls.log'), `${args.join(' ')}\n`);
  if (args.includes('up')) {
    const child = spawn(process.execPath, [file, 'be-rabbitmq'], { detached: true, stdio: 'ignore' });
    child.unref();
    writeFileSync(join(folder, 'rabbitmq.pid'), String(child.pid));
  }
  if (args.includes('down')) process.kill(Number(readFileSync(join(folder, 'rabbitmq.pid'), 'utf8')));
}
