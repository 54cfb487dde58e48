import path from 'node:path';
import { checkServerTls, resolveUserPath, settings, tlsSettings, WITH_ALL_OTHERS } from '@parley/process-kit';
import { Role } from '@parley/shared-models';
import { z } from 'zod';
import { isProxyAddress } from './http/trusted-proxies.ts';

const WEB_DIST = path.resolve(import.meta.dirname, '../../web/dist');

/** Whether only this machine reaches it. */
export const isLoopback = (host: string): boolean => /^(127\.\d+\.\d+\.\d+|localhost|::1)$/.test(host);

export interface SignInSettings {
  readonly AUTH_SECRET?: string | undefined;
  readonly AUTH_JWKS_URL?: string | undefined;
  readonly AUTH_ISSUER?: string | undefined;
  readonly AUTH_AUDIENCE?: string | undefined;
}

/** Whether people have to sign in; if not, everybody is the local user. */
export const hasSignIn = ({ AUTH_SECRET, AUTH_JWKS_URL }: SignInSettings): boolean =>
  AUTH_SECRET !== undefined || AUTH_JWKS_URL !== undefined;

/** Refuses an address that others reach while nobody has to sign in, and sign-in that lets in the wrong ones. */
export function checkAddress(
  config: SignInSettings & {
    readonly HOST: string;
    readonly ALLOW_ANONYMOUS: boolean;
    readonly ACCESS_TOKEN?: string | undefined;
    readonly JOIN_TOKEN?: string | undefined;
  },
  context: z.RefinementCtx,
): void {
  const refuse: Refuse = (path, message) => context.addIssue({ code: 'custom', path: [path], message });
  checkSignIn(config, refuse);
  if (isLoopback(config.HOST) || config.ALLOW_ANONYMOUS) return;
  if (!hasSignIn(config) && config.ACCESS_TOKEN === undefined) {
    refuse(
      'HOST',
      'this address is reachable from other machines and there is no sign-in: use 127.0.0.1, set AUTH_SECRET, AUTH_JWKS_URL or ACCESS_TOKEN, or set ALLOW_ANONYMOUS=true on a closed network',
    );
  }
  if (config.JOIN_TOKEN === undefined) {
    refuse(
      'JOIN_TOKEN',
      'agents and brokers on other machines must show one: set it, 16 characters at least',
    );
  }
}

type Refuse = (path: string, message: string) => void;

function checkSignIn(config: SignInSettings, refuse: Refuse): void {
  const { AUTH_SECRET, AUTH_JWKS_URL } = config;
  if (AUTH_JWKS_URL === undefined) return;
  if (AUTH_SECRET !== undefined) refuse('AUTH_JWKS_URL', 'set this or AUTH_SECRET, not both');
  const { protocol, hostname } = new URL(AUTH_JWKS_URL);
  if (protocol !== 'https:' && !isLoopback(hostname.replace(/^\[|\]$/g, '')))
    refuse('AUTH_JWKS_URL', 'https:// is needed, or anybody on the way could give out keys of their own');
  // The same keys sign the tokens of every other application of that issuer.
  for (const setting of ['AUTH_ISSUER', 'AUTH_AUDIENCE'] as const) {
    if (config[setting] === undefined)
      refuse(setting, 'needed with AUTH_JWKS_URL: without it tokens that were made for others count here');
  }
}

/** Settings of the server, by the names they have in the environment. */
export const ServerConfig = z
  .object({
    HOST: settings.host,
    PORT: settings.port(8080),
    GRPC_PORT: settings.grpcPort(50051),
    AMQP_URL: settings.amqpUrl,
    RABBITMQ_MANAGEMENT_URL: z
      .url()
      .optional()
      .describe("RabbitMQ's management API, for the numbers of unacknowledged messages"),
    DATABASE_URL: settings.databaseUrl,
    DATA_DIR: settings.dataDir,
    LOG_LEVEL: settings.logLevel,
    JOIN_TOKEN: settings.joinToken,
    ...tlsSettings,
    DRAIN_TIMEOUT_MS: settings.drainTimeoutMs,
    WEB_DIST: z
      .string()
      .optional()
      .transform((given) => (given === undefined ? WEB_DIST : resolveUserPath(given)))
      .describe('folder of the built web app [apps/web/dist in the workspace]'),
    ALLOWED_ORIGINS: z
      .string()
      .default('')
      .transform((list) => list.split(',').flatMap((origin) => origin.trim() || []))
      .describe(
        "browser origins beside the server's own, and so the names it may be called by; separated by commas",
      ),
    TRUST_PROXY: z
      .string()
      .default('off')
      .transform((list) => (list === 'off' ? [] : list.split(',').map((address) => address.trim())))
      .refine((list) => list.every(isProxyAddress), 'off, or addresses and networks such as 10.0.0.0/8')
      .describe(
        'proxies in front, whose X-Forwarded-For, -Proto and -Host count: addresses, networks, "loopback"; separated by commas',
      ),
    AUTH_SECRET: z
      .string()
      .min(32, 'at least 32 characters')
      .optional()
      .describe('people sign in with tokens (JWT, HS256) signed by this secret'),
    AUTH_JWKS_URL: z
      .url({ protocol: /^https?$/, error: 'an https:// URL' })
      .optional()
      .describe(
        'people sign in with tokens (JWT) signed by one of the keys that are published there; needs AUTH_ISSUER and AUTH_AUDIENCE',
      ),
    AUTH_ISSUER: z.string().min(1).optional().describe('the only issuer (iss) whose tokens count'),
    AUTH_AUDIENCE: z.string().min(1).optional().describe('the audience (aud) that tokens must name'),
    AUTH_DEFAULT_ROLE: Role.default('member').describe('role of a token without roles'),
    ACCESS_TOKEN: z
      .string()
      .regex(/^[\x21-\x7e]{32,}$/, 'at least 32 visible ASCII characters')
      .optional()
      .describe(
        'its holder is the local admin, where nobody signs in; on loopback the account that runs the server need not [the file access-token in DATA_DIR]',
      ),
    ALLOW_ANONYMOUS: settings.flag(
      'everybody who reaches the port is the local admin; only for closed networks',
    ),
    RATE_LIMIT: z
      .union([z.literal('off'), z.coerce.number().int().min(1).max(1_000_000)])
      .default(100)
      .describe('frames a second from one connection, or "off"'),
    CONNECTIONS_PER_ADDRESS: z
      .union([z.literal('off'), z.coerce.number().int().min(1).max(1_000_000)])
      .default(1000)
      .describe(
        'connections from one address, or one /64 of IPv6, to each port at a time, or "off"; for one more the oldest that does nothing is closed. Behind a proxy set TRUST_PROXY',
      ),
    CONNECTIONS_PER_USER: z
      .union([z.literal('off'), z.coerce.number().int().min(1).max(1_000_000)])
      .default(500)
      .describe('WebSockets of one user at a time on one server, or "off"'),
    REQUEST_TIMEOUT_MS: z.coerce
      .number()
      .int()
      .min(200)
      .max(600_000)
      .default(20_000)
      .describe(
        'an HTTP request must be there in this time, its head in half of it, in ms; else its connection is closed',
      ),
    USER_RATE_LIMIT: z
      .union([z.literal('off'), z.coerce.number().int().min(1).max(1_000_000)])
      .optional()
      .describe(
        'frames a second of one person over all connections to this server, or of one address where nobody signs in, or "off" [1000; off where RATE_LIMIT is]',
      ),
    USER_BYTES_PER_MINUTE: z
      .union([z.literal('off'), z.coerce.number().int().min(1).max(1e15)])
      .optional()
      .describe(
        'bytes of messages, events and commands of one person that are stored in a minute, over all servers, each with 512 bytes of overhead, or "off" [33554432; off where RATE_LIMIT is]',
      ),
    USER_BYTES_PER_DAY: z
      .union([z.literal('off'), z.coerce.number().int().min(1).max(1e15)])
      .optional()
      .describe('the same in a day, by UTC, or "off" [4294967296; off where RATE_LIMIT is]'),
    RETENTION_DAYS: z
      .union([z.literal('off'), z.coerce.number().min(1).max(36_500)])
      .default('off')
      .describe(
        'conversations, finished tasks, ended commands and published events that have not changed for so many days are removed',
      ),
    RETENTION_BYTES: z
      .union([z.literal('off'), z.coerce.number().int().min(1_048_576).max(1e15)])
      .default('off')
      .describe(
        'the oldest of these are removed while the store holds more, in bytes; those that changed within an hour stay',
      ),
    RETENTION_INTERVAL_MS: z.coerce
      .number()
      .int()
      .min(1000)
      .max(86_400_000)
      .default(3_600_000)
      .describe('how often this is looked after, in ms'),
    HEARTBEAT_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(600_000)
      .default(5000)
      .describe('how often agents say that they are there, in ms; one that misses two goes offline'),
    MAX_AGENTS: z.coerce
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(1000)
      .describe('agents on the list at most, those that are offline included; more cannot register'),
    MAX_BROKERS: z.coerce.number().int().min(1).max(10_000).default(100).describe('brokers at most'),
    AGENT_GRACE_MS: settings.milliseconds(
      15_000,
      'how long an offline agent keeps its waiting messages, in ms',
    ),
    ANSWER_GRACE_MS: settings.milliseconds(
      60_000,
      'how long a message may stay unanswered beyond the time that its agent has registered for one, in ms',
    ),
    AGENT_FORGET_MS: settings.milliseconds(3_600_000, 'after this an offline agent leaves the list, in ms'),
    SESSION_TTL_MS: z.coerce
      .number()
      .int()
      .min(1000)
      .max(30 * 86_400_000)
      .default(1_800_000)
      .describe('how long an agent holds a conversation in which nobody writes, in ms'),
    TASK_LEASE_MS: z.coerce
      .number()
      .int()
      .min(500)
      .max(600_000)
      .default(10_000)
      .describe('a task whose driver was not heard of for so long is given to another one, in ms'),
    COMMAND_OUTPUT_BYTES: z.coerce
      .number()
      .int()
      .min(1024)
      .max(256 * 1024 * 1024)
      .default(16 * 1024 * 1024)
      .describe(
        'output of one command that is kept, in bytes, whatever its policy allows; the rest is dropped',
      ),
    COMMAND_QUEUE_TTL_MS: settings.milliseconds(
      600_000,
      'how long a command waits for an agent that is away or paused, in ms',
    ),
    COMMAND_APPROVAL_TTL_MS: settings.milliseconds(
      3_600_000,
      'how long a command waits for the approval of a second person, in ms',
    ),
    AUDIT_HEAD_FILE: z
      .string()
      .transform(resolveUserPath)
      .optional()
      .describe(
        "file to which the hash of the audit's newest entry is added as it moves; on a disk that this server can only add to",
      ),
    AUDIT_HEAD_SYSLOG: z
      .url({ protocol: /^udp$/, error: 'udp://host:port' })
      .optional()
      .describe('the same to a syslog server, e.g. `udp://logs.example.com:514` (RFC 5424)'),
    AUDIT_HEAD_URL: z
      .url({ protocol: /^https?$/, error: 'an http:// or https:// URL' })
      .optional()
      .describe('the same by POST of JSON'),
    AUDIT_HEAD_KEY_FILE: z
      .string()
      .transform(resolveUserPath)
      .optional()
      .describe('Ed25519 private key (PEM) that signs these; made with `openssl genpkey -algorithm ed25519`'),
    AUDIT_HEAD_INTERVAL_MS: z.coerce
      .number()
      .int()
      .min(1000)
      .max(86_400_000)
      .default(60_000)
      .describe('how often, where there are new entries, in ms'),
    SEND_BUFFER_BYTES: z.coerce
      .number()
      .int()
      .min(65_536)
      .default(4 * 1024 * 1024)
      .describe('unsent bytes of one connection before it is closed as too slow'),
  })
  .superRefine(checkAddress, WITH_ALL_OTHERS)
  .superRefine(checkServerTls, WITH_ALL_OTHERS);
export type ServerConfig = z.infer<typeof ServerConfig>;
