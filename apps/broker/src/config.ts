import { checkModel, LanguageModelSettings } from '@parley/language-model';
import { checkTls, settings, tlsSettings, WITH_ALL_OTHERS } from '@parley/process-kit';
import { z } from 'zod';

export const BrokerConfig = z
  .object({
    GRPC_URL: settings.grpcUrl,
    AMQP_URL: settings.amqpUrl,
    DATA_DIR: settings.dataDir,
    LOG_LEVEL: settings.logLevel,
    JOIN_TOKEN: settings.joinToken,
    ...tlsSettings,
    DRAIN_TIMEOUT_MS: settings.drainTimeoutMs,
    BROKER_NAME: z.string().min(1).max(64).default('broker').describe('name shown to operators'),
    BROKER_PREFETCH: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(256)
      .describe('messages in hand at most'),
    AGENT_GRACE_MS: settings.milliseconds(
      15_000,
      'how long an agent that went offline is expected back, in ms',
    ),
    ...LanguageModelSettings.shape,
    ROUTING_MODEL_TIMEOUT_MS: settings.milliseconds(
      3000,
      'how long the language model may think about whom a message is for, in ms; 0: it is not asked',
    ),
  })
  .superRefine(checkTls, WITH_ALL_OTHERS)
  .superRefine(checkModel, WITH_ALL_OTHERS);
export type BrokerConfig = z.infer<typeof BrokerConfig>;
