import { settings } from '@parley/process-kit';
import { z } from 'zod';

/** Settings of the connection to an external WebSocket server, by the names they have in the environment. */
export const ExternalConfig = z.object({
  EXTERNAL_WS_URL: z
    .string('the ws:// or wss:// URL of the server to join is needed')
    .refine((url) => /^wss?:\/\/[^#]*$/i.test(url) && URL.canParse(url.replaceAll('{user_id}', 'x')), {
      error: 'a ws:// or wss:// URL without #',
    })
    .optional()
    .describe('external WebSocket server to join; {user_id} in it is replaced'),
  EXTERNAL_WS_USER_ID: z
    .string()
    .max(128)
    .default('parley')
    .describe('by which the external server knows this gateway'),
  EXTERNAL_WS_FORMAT: z
    .enum(['auto', 'json', 'text'])
    .default('auto')
    .describe('how to write messages that answer nothing; auto: as the last message came, first json'),
  EXTERNAL_QUEUE_LIMIT: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('messages that wait for Parley, and answers that wait for the external server, at most'),
  EXTERNAL_RECONNECT_MAX_MS: settings.milliseconds(
    30_000,
    'longest wait before the external server is tried again, in ms',
  ),
  EXTERNAL_HEARTBEAT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .max(600_000)
    .default(20_000)
    .describe(
      'pings to the external server; two without any sign of it and the connection is made anew, in ms',
    ),
  PARLEY_TOKEN: z
    .string()
    .max(8192)
    .optional()
    .describe('token by which the gateway connects, with the role operator'),
});
export type ExternalConfig = z.infer<typeof ExternalConfig>;

export const GatewayConfig = ExternalConfig.extend({
  EXTERNAL_WS_URL: ExternalConfig.shape.EXTERNAL_WS_URL.unwrap().describe(
    ExternalConfig.shape.EXTERNAL_WS_URL.description ?? '',
  ),
  PARLEY_URL: z
    .url({ protocol: /^https?$/, error: 'an http:// or https:// URL' })
    .default('http://127.0.0.1:8080')
    .describe('the Parley server'),
  DATA_DIR: settings.dataDir,
  LOG_LEVEL: settings.logLevel,
  DRAIN_TIMEOUT_MS: settings.drainTimeoutMs,
});
export type GatewayConfig = z.infer<typeof GatewayConfig>;
