import { AgentConfig } from '@parley/agent';
import { BrokerConfig } from '@parley/broker';
import { ExternalConfig } from '@parley/gateway';
import { checkModel } from '@parley/language-model';
import { checkServerTls, WITH_ALL_OTHERS } from '@parley/process-kit';
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
  .superRefine(checkAddress, WITH_ALL_OTHERS)
  .superRefine(checkServerTls, WITH_ALL_OTHERS)
  .superRefine(checkModel, WITH_ALL_OTHERS);
export type StandaloneConfig = z.infer<typeof StandaloneConfig>;
