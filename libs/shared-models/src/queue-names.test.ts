import { expect, it } from '@jest/globals';
import {
  agentOfQueue,
  agentQueue,
  BROKER_INPUT_QUEUE,
  DEAD_LETTER_QUEUE,
  SERVER_INPUT_QUEUE,
} from './queue-messages.ts';

it('names the queues as other languages know them', () => {
  expect([BROKER_INPUT_QUEUE, SERVER_INPUT_QUEUE, DEAD_LETTER_QUEUE, agentQueue('echo')]).toEqual([
    'broker_input_queue',
    'server_input_queue',
    'dead_letter_queue',
    'agent_queue_echo',
  ]);
});

it('knows the agent of an agent queue, and none of the others', () => {
  expect(agentOfQueue(agentQueue('agent_queue_x'))).toBe('agent_queue_x');
  expect(agentOfQueue(SERVER_INPUT_QUEUE)).toBeUndefined();
});
