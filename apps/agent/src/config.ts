import { ResearchSettings } from '@parley/agents';
import { LanguageModelConfig } from '@parley/language-model';
import { settings, tlsSettings } from '@parley/process-kit';
import { z } from 'zod';

export const AgentConfig = z.object({
  GRPC_URL: settings.grpcUrl,
  AMQP_URL: settings.amqpUrl,
  DATA_DIR: settings.dataDir,
  SMTP_URL: settings.smtpUrl,
  LOG_LEVEL: settings.logLevel,
  JOIN_TOKEN: settings.joinToken,
  ...tlsSettings,
  DRAIN_TIMEOUT_MS: settings.drainTimeoutMs,
  ...LanguageModelConfig.shape,
  ...ResearchSettings,
});
export type AgentConfig = z.infer<typeof AgentConfig>;
