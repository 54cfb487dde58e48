import { ParleyError } from '@parley/shared-models';

/** The id keeps its group: the messages that wait for it were meant for that group. */
export const idTaken = (agentId: string): ParleyError =>
  new ParleyError(
    'id_taken',
    `The id "${agentId}" belongs to another group until the server has forgotten that agent (AGENT_FORGET_MS).`,
  );
