import path from 'node:path';
import { z } from 'zod';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

const workspaceRoot = path.resolve(import.meta.dirname, '../../..');

/** A path that a user gave stands relative to where they stood when they gave it, not to the package's folder. */
export function resolveUserPath(given: string): string {
  return path.resolve(process.env.INIT_CWD ?? process.cwd(), given);
}

const port = (fallback: number, meaning: string) =>
  z.coerce.number().int().min(0).max(65_535).default(fallback).describe(meaning);

const milliseconds = (fallback: number, meaning: string) =>
  z.coerce.number().int().min(0).max(86_400_000).default(fallback).describe(meaning);

const flag = (meaning: string) =>
  z
    .enum(['true', 'false', '1', '0'])
    .default('false')
    .transform((value) => value === 'true' || value === '1')
    .describe(meaning);

/** Settings that mean the same in every process that has them. Each process picks those it needs. */
export const settings = {
  port: (fallback: number) => port(fallback, 'HTTP and WebSocket port; 0 takes a free one'),
  grpcPort: (fallback: number) => port(fallback, 'gRPC port; 0 takes a free one'),
  grpcUrl: z
    .string()
    .regex(/^[^\s/]+:\d+$/, 'host:port')
    .default('127.0.0.1:50051')
    .describe("the server's gRPC address"),
  host: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
  amqpUrl: z
    .url({ protocol: /^amqps?$/, error: 'an amqp:// or amqps:// URL' })
    .optional()
    .describe("RabbitMQ, the same for all; unset: the server's own queue"),
  databaseUrl: z
    .url({ protocol: /^postgres(ql)?$/, error: 'a postgres:// URL' })
    .optional()
    .describe('PostgreSQL; unset: SQLite'),
  smtpUrl: z
    .url({ protocol: /^smtps?$/, error: 'an smtp:// or smtps:// URL' })
    .optional()
    .describe('mail server of the email agent; unset: .eml files in the outbox folder of DATA_DIR'),
  smtpFrom: z
    .email()
    .default('orders@parley.localhost')
    .describe('address from which the email agent sends; a real one for mails by SMTP_URL'),
  dataDir: z
    .string()
    .default('')
    .transform((given) => (given === '' ? path.join(workspaceRoot, 'data') : resolveUserPath(given)))
    .describe('folder of the SQLite files, and of files that agents write [./data in the workspace]'),
  logLevel: z.enum(LOG_LEVELS).default('info').describe('how much is logged'),
  drainTimeoutMs: milliseconds(10_000, 'time to finish the work in hand on shutdown, in ms'),
  joinToken: z.string().min(16).optional().describe('secret that agents and brokers must show to join'),
  milliseconds,
  flag,
} as const;
