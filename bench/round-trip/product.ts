import { newId, SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket } from 'ws';
import { type ParleySystem, type QueueDriver, startSystem } from '../../tests/harness/parley-system.ts';
import type { ProcessIds } from '../cpu-time.ts';
import type { RoundTrips } from './measure.ts';

const TEXT = 'x'.repeat(200);

/** Server, broker and an echoing agent as separate processes, and clients that speak the WebSocket protocol. */
export async function startProduct(
  driver: QueueDriver,
  lanes: number,
  env: Readonly<Record<string, string>> = {},
): Promise<RoundTrips & { readonly system: ParleySystem }> {
  const system = await startWithAgent(driver, new URL('./bench-agent.ts', import.meta.url), env);
  const waiting = new Map<string, () => void>();
  const onFrame = (text: string): void => {
    // Only the reply is parsed: the clients share the machine with what is measured.
    if (!text.startsWith('{"type":"message",') || !text.includes('"REPLY"')) return;
    const { message } = JSON.parse(text) as { message: { inReplyTo: string } };
    const done = waiting.get(message.inReplyTo);
    waiting.delete(message.inReplyTo);
    done?.();
  };
  const sockets = await Promise.all(
    Array.from({ length: lanes }, () => connectClient(system.webSocketUrl, onFrame)),
  );
  const conversations = sockets.map(() => newId());
  return {
    system,
    amqpUrl: system.env.AMQP_URL,
    processIds: processIdsOf(system),
    start(done, lane) {
      const id = newId();
      waiting.set(id, done);
      sockets[lane]?.send(
        `{"type":"message.send","id":"${id}","conversationId":"${conversations[lane]}","text":"${TEXT}"}`,
      );
    },
    async stop() {
      for (const socket of sockets) socket.terminate();
      await system.stop();
    },
  };
}

/** @param agent the file of the only agent */
export function startWithAgent(
  driver: QueueDriver,
  agent: URL,
  env: Readonly<Record<string, string>> = {},
): Promise<ParleySystem> {
  return startSystem({
    driver,
    agents: [{ file: agent.pathname }],
    env: { RATE_LIMIT: 'off', LOG_LEVEL: 'warn', HEARTBEAT_MS: '5000', ...env },
    waitForLog: false,
  });
}

export function processIdsOf({ server, broker, agents }: ParleySystem): ProcessIds {
  return { server: server.pid, broker: broker.pid, agent: agents[0]?.pid ?? -1 };
}

export async function connectClient(url: string, onFrame: (text: string) => void): Promise<WebSocket> {
  const socket = new WebSocket(url, [SUBPROTOCOL], { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('message', (data) => onFrame(data.toString()));
  socket.send('{"type":"hello","clientName":"bench","frames":2}');
  return socket;
}
