import { setTimeout as delay } from 'node:timers/promises';
import { AgentConfig } from '@parley/agent';
import { createControlPlaneClient } from '@parley/control-plane';
import { createLogger, loadConfig, main } from '@parley/process-kit';
import { AgentProfile, newId, ParleyError } from '@parley/shared-models';
import { allowClockJumps } from './clock-jumps.ts';

/** The worker of agent-main.ts as an agent in another language: over AgentHost.Work and nothing else. */
allowClockJumps();
await main(async () => {
  const config = loadConfig(AgentConfig);
  const logger = createLogger('agent', config.LOG_LEVEL);
  const client = createControlPlaneClient({ url: config.GRPC_URL, joinToken: config.JOIN_TOKEN, logger });
  const hello = {
    profile: AgentProfile.parse({ name: 'Worker', group: 'worker', concurrency: 16 }),
    agentId: process.env.AGENT_ID,
    isExclusive: true,
    instanceId: newId(),
  };

  let isLeaving = false;
  let leave = (): void => {};
  process.on('SIGTERM', () => {
    isLeaving = true;
    leave();
  });

  /** Returns when it has left. */
  const work = async (): Promise<void> => {
    const { send, events } = client.work({ work: 0, hello });
    leave = () => send({ work: 0, leave: { timeoutMs: config.DRAIN_TIMEOUT_MS } });
    if (isLeaving) leave();
    for await (const { work: number, welcome, message } of events) {
      if (welcome !== undefined) logger.info({ agentId: welcome.agentId }, 'registered');
      if (message === undefined) continue;
      const { text } = message.message;
      void delay(5).then(() => send({ work: number, reply: { text } }));
    }
  };
  for (;;) {
    try {
      await work();
      return client.close();
    } catch (error) {
      if (!(error instanceof ParleyError) || error.code === 'stale_incarnation') throw error;
      logger.warn({ err: error }, 'the stream has ended');
      client.renewChannel();
      await delay(100 + 400 * Math.random());
    }
  }
});
