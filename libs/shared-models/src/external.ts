import { z } from 'zod';
import { MessageText, Timestamp } from './chat-message.ts';
import { Id } from './ids.ts';
import { nameText, shownName } from './visible-text.ts';

/** The person on whose behalf a gateway writes, known to an external system only. */
export const ExternalUser = z.object({ id: nameText(128), name: shownName(128).min(1) });
export type ExternalUser = z.infer<typeof ExternalUser>;

/** `waiting`: the connection broke or could not be made; the next try comes by itself. */
export const ExternalState = z.enum(['connecting', 'connected', 'waiting']);
export type ExternalState = z.infer<typeof ExternalState>;

/** A gateway's report on its connection to an external WebSocket server. Counters since the gateway started. */
export const ExternalStatus = z.object({
  /** Follows from the address and the user id: the same after a restart. */
  gatewayId: Id,
  /** Without passwords and tokens. */
  url: shownName(2048),
  state: ExternalState,
  /** In this state since then. */
  since: Timestamp,
  /** Connections made after the first one. */
  reconnects: z.number().int().nonnegative(),
  /** Messages that came from the external server. */
  received: z.number().int().nonnegative(),
  /** Frames that went to it: answers, reasons of failures, messages of operators. */
  sent: z.number().int().nonnegative(),
  /** Messages that an agent's answer was sent for. */
  answered: z.number().int().nonnegative(),
  /** Messages that ended without an answer, and answers that could not be sent. */
  failed: z.number().int().nonnegative(),
  /** Frames that were no messages: binary, malformed, one's own come back, repeated. */
  ignored: z.number().int().nonnegative(),
  /** Messages that Parley has not acknowledged yet. */
  queued: z.number().int().nonnegative(),
  /** Answers kept until the external server is back. */
  kept: z.number().int().nonnegative(),
  lastError: z.object({ message: z.string().max(500), at: Timestamp }).optional(),
  /** From a message's coming to its answer's leaving, over the last 100, in milliseconds. */
  latency: z.object({ meanMs: z.number().nonnegative(), p95Ms: z.number().nonnegative() }).optional(),
});
export type ExternalStatus = z.infer<typeof ExternalStatus>;

/** `GET /external-status`: the last report of each gateway, the latest first. */
export const ExternalStatusReport = z.object({
  gateways: z.array(
    ExternalStatus.extend({
      /** Whether the gateway itself is connected to Parley now. */
      isHere: z.boolean(),
      reportedAt: Timestamp,
    }),
  ),
});
export type ExternalStatusReport = z.infer<typeof ExternalStatusReport>;

/** Body of `POST /send-to-external`. */
export const SendToExternal = z.object({
  message: MessageText,
  /** The receiver, as the external server knows them. */
  userId: z.string().min(1).max(128).optional(),
  /** Through which gateway. @default one that is connected to its external server */
  gatewayId: Id.optional(),
});
export type SendToExternal = z.infer<typeof SendToExternal>;

/** Its answer: the frame was handed to the connection of this gateway. */
export const SentToExternal = z.object({ id: Id, gatewayId: Id });
export type SentToExternal = z.infer<typeof SentToExternal>;
