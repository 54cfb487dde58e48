/** The queues' names are part of the protocol: other languages use them. */
export const BROKER_INPUT_QUEUE = 'broker_input_queue';
export const SERVER_INPUT_QUEUE = 'server_input_queue';
export const DEAD_LETTER_QUEUE = 'dead_letter_queue';

export type AgentQueueName = `agent_queue_${string}`;
export type ChannelQueueName = `channel_queue_${string}`;
export type QueueName =
  | typeof BROKER_INPUT_QUEUE
  | typeof SERVER_INPUT_QUEUE
  | typeof DEAD_LETTER_QUEUE
  | AgentQueueName
  | ChannelQueueName;

export const agentQueue = (agentId: string): AgentQueueName => `agent_queue_${agentId}`;

/** The queue of the events that a group of agents has subscribed to; its instances share it. */
export const channelQueue = (group: string): ChannelQueueName => `channel_queue_${group}`;

/** The agent whose queue this is, or undefined for the other queues. */
export function agentOfQueue(queue: string): string | undefined {
  return queue.startsWith('agent_queue_') ? queue.slice('agent_queue_'.length) : undefined;
}
