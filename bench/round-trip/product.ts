import { newId, SUBPROTOCOL } from '@parley/shared-models';
import { WebSocket } from 'ws';
import { type ParleySystem, type QueueDriver, startSystem } from '../../tests/harness/parley-system.ts';
import type { RoundTrips } from './measure.ts';

const TEXT = 'x'.repeat(200);

/** Server, broker and an echoing agent as separate processes, and clients that speak the WebSocket protocol. */
export async function startProduct(
  driver: QueueDriver,
  lanes: number,
  env: Readonly<Record<string, string>> = {},
): Promise<RoundTrips & { readonly system: ParleySystem }> {
  const system = await startSystem({
    driver,
    agents: [{ file: new URL('./bench-agent.ts', import.meta.url).pathname }],
    env: { RATE_LIMIT: 'off', LOG_LEVEL: 'warn', HEARTBEAT_MS: '5000', ...env },
    waitForLog: false,
  });
  const waiting = new Map<string, () => void>();
  const sockets = await Promise.all(
    Array.from({ length: lanes }, () => connect(system.webSocketUrl, waiting)),
  );
  const conversations = sockets.map(() => newId());
  return {
    name: `Parley, ${driver}`,
    system,
    get processIds() {
      const { server, broker, agents } = system;
      return { server: server.pid, broker: broker.pid, agent: agents[0]?.pid ?? -1 };
    },
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

async function connect(url: string, waiting: Map<string, () => void>): Promise<WebSocket> {
  const socket = new WebSocket(url, [SUBPROTOCOL], { perMessageDeflate: false });
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  socket.on('message', (data) => {
    const text = data.toString();
    // Only the reply is parsed: the clients share the machine with what is measured.
    if (!text.startsWith('{"type":"message",') || !text.includes('"REPLY"')) return;
    const { message } = JSON.parse(text) as { message: { inReplyTo: string } };
    const done = waiting.get(message.inReplyTo);
    waiting.delete(message.inReplyTo);
    done?.();
  });
  socket.send('{"type":"hello","clientName":"bench"}');
  return socket;
}
