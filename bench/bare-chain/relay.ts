import { openBareChannel, QUEUES } from './topology.ts';

/**
 * Broker or agent of the bare chain: takes from one queue, puts into the next with confirm, then acknowledges.
 * Run as `node relay.ts broker|agent` with AMQP_URL.
 */
const [role] = process.argv.slice(2);
const amqpUrl = process.env.AMQP_URL ?? '';
const channel = await openBareChannel(amqpUrl);

const [from, to] = role === 'broker' ? [QUEUES.broker, QUEUES.server] : [QUEUES.agent, QUEUES.broker];
await channel.consume(from, (message, ack) => {
  const type = role === 'agent' ? 'reply' : String(message.properties.type);
  channel.publish(to, message.content, { messageId: String(message.properties.messageId), type }, ack);
});
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
