import { agentHost } from './agent-host.ts';
import { channel } from './channel.ts';
import { commands } from './commands.ts';
import type { AgentCaller, Duplex, Pushed, Sent, Unary } from './contract.ts';
import { conversation } from './conversation.ts';
import { memory } from './memory.ts';
import { queue } from './queue.ts';
import { registration } from './registration.ts';
import { status } from './status.ts';
import { tasks } from './tasks.ts';

/** The server's services for an agent while it answers. */
export const AGENT_CONTRACTS = { ...memory, ...conversation, ...channel, ...tasks };

/**
 * Every RPC of `parley.v1`, by the name that its handler, its call and its fake have.
 */
export const CONTRACTS = {
  ...registration,
  ...status,
  ...commands,
  ...queue,
  ...agentHost,
  ...AGENT_CONTRACTS,
};

export type Contracts = typeof CONTRACTS;
export type RpcName = keyof Contracts;
/** The server's answer to an RPC with one request and one answer. */
export type AnswerOf<Name extends RpcName> =
  Contracts[Name] extends Unary<infer _Request, infer Answer> ? Answer : never;
export type RequestOf<Name extends RpcName> =
  Contracts[Name] extends Unary<infer Request, infer _Answer>
    ? Request
    : Contracts[Name] extends Pushed<infer Request, infer _Item, infer _Piece>
      ? Request
      : Contracts[Name] extends Sent<infer Item>
        ? Item
        : Contracts[Name] extends Duplex<infer Request, infer _Event>
          ? Request
          : never;

export type AgentRpc = keyof typeof AGENT_CONTRACTS;
export type MemoryRpc = keyof typeof memory;
export type ConversationRpc = keyof typeof conversation;
export type ChannelRpc = keyof typeof channel;
export type TaskRpc = keyof typeof tasks;

/**
 * The server's services for one agent, by RPC; the caller is filled in. A signal ends the wait with `cancelled`. Errors
 * of all: ParleyError `unavailable`, `not_registered` (the agent is about to register again), `stale_incarnation`.
 */
export type AgentServices = {
  readonly [Name in AgentRpc]: (
    request: Omit<RequestOf<Name>, keyof AgentCaller>,
    signal?: AbortSignal,
  ) => Promise<AnswerOf<Name>>;
};

export const AGENT_RPCS = Object.keys(AGENT_CONTRACTS) as AgentRpc[];

/** Makes the services anew, each from its name. */
export function agentServices(
  callOf: (name: AgentRpc) => (request: never, signal?: AbortSignal) => Promise<unknown>,
): AgentServices {
  return Object.fromEntries(AGENT_RPCS.map((name) => [name, callOf(name)])) as AgentServices;
}
