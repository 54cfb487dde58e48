import { AgentConfig } from '@parley/agent';
import { BrokerConfig } from '@parley/broker';
import { ExternalConfig } from '@parley/gateway';
import { checkTls } from '@parley/process-kit';
import { checkAddress, ServerConfig } from '@parley/server';
import { z } from 'zod';

/** All that the processes in here can be told. */
export const StandaloneConfig = z
  .object({
    ...AgentConfig.shape,
    ...BrokerConfig.shape,
    ...ExternalConfig.shape,
    ...ServerConfig.shape,
  })
  .superRefine(checkAddress)
  .superRefine(checkTls);
export type StandaloneConfig = z.infer<typeof StandaloneConfig>;
