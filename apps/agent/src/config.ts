import { ResearchSettings } from '@parley/agents';
import { checkModel, LanguageModelSettings } from '@parley/language-model';
import { checkTls, settings, tlsSettings, WITH_ALL_OTHERS } from '@parley/process-kit';
import { z } from 'zod';

export const AgentConfig = z
  .object({
    GRPC_URL: settings.grpcUrl,
    AMQP_URL: settings.amqpUrl,
    DATA_DIR: settings.dataDir,
    SMTP_URL: settings.smtpUrl,
    SMTP_FROM: settings.smtpFrom,
    LOG_LEVEL: settings.logLevel,
    JOIN_TOKEN: settings.joinToken,
    ...tlsSettings,
    DRAIN_TIMEOUT_MS: settings.drainTimeoutMs,
    ...LanguageModelSettings.shape,
    ...ResearchSettings,
  })
  .superRefine(checkTls, WITH_ALL_OTHERS)
  .superRefine(checkModel, WITH_ALL_OTHERS);
export type AgentConfig = z.infer<typeof AgentConfig>;
