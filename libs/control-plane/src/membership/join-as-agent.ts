import { type AgentState, newId, ParleyError } from '@parley/shared-models';
import { createControlPlaneClient } from '../client/create-client.ts';
import { untilAborted } from '../until-aborted.ts';
import type { AgentIdentity, AgentMembership, JoinAsAgentOptions } from './agent-membership.ts';
import { keepConnected, pause } from './keep-connected.ts';
import { isForgotten, isRefusal } from './refusals.ts';
import { settleWithin } from './settle-within.ts';
import { untilFirstEnds } from './until-first-ends.ts';

/** For the last word to a server that may be away. */
const LEAVE_MS = 2_000;

/**
 * Joins the server and stays: registers, sends heartbeats, keeps the stream of commands open, and comes back after a
 * lost connection or a restarted server. Returns at once; a server that is away is waited for. The callbacks are
 * called one at a time and must not throw.
 */
export function joinAsAgent(options: JoinAsAgentOptions): AgentMembership {
  const { logger } = options;
  const { connect = createControlPlaneClient, instanceId = newId() } = options;
  const client = connect(options);
  const halt = new AbortController();
  const cut = new AbortController();
  let { profile } = options;
  let rejoin = new AbortController();
  let identity: AgentIdentity | undefined;
  let mustRegister = true;
  let isConnected = false;
  let heartbeatMs = 0;
  let wanted: AgentState = 'online';
  let queueName: string | undefined;
  const registered = Promise.withResolvers<void>();

  const known = (): AgentIdentity => {
    if (identity !== undefined) return identity;
    throw new ParleyError('unavailable', 'The agent is not registered yet.');
  };
  const tell = (state: AgentState): void => {
    if (state === wanted || halt.signal.aborted) return;
    wanted = state;
    options.onState(state);
  };
  const register = async (): Promise<void> => {
    const agentId = identity?.agentId ?? options.agentId;
    const { isExclusive } = options;
    const sent = profile;
    queueName = options.queue?.name();
    const request = { agentId, isExclusive, instanceId, profile: sent, queue: queueName };
    const answer = await client.registerAgent(request, cut.signal);
    // It has been given another one meanwhile.
    mustRegister = profile !== sent;
    identity = { agentId: answer.agentId, incarnation: answer.incarnation };
    registered.resolve();
    // Before its stream of commands is open: none has come.
    if (isTooOpen(answer)) return leaveForGood(identity);
    heartbeatMs = answer.heartbeatMs;
    wanted = answer.state;
    if (!halt.signal.aborted) options.onRegistered({ ...identity, state: wanted });
  };
  const isTooOpen = ({ peopleSignIn = false }: { peopleSignIn?: boolean | undefined }): boolean =>
    options.needsSignIn === true && !peopleSignIn;
  const leaveForGood = async (own: AgentIdentity): Promise<void> => {
    halt.abort();
    await settleWithin(LEAVE_MS, logger, 'could not unregister', () =>
      client.unregisterAgent(own, cut.signal),
    );
    mustRegister = true;
    client.close();
    options.onNobodySignsIn?.();
  };
  const beat = async (): Promise<void> => {
    const report = { load: options.load(), metrics: options.metrics(), state: options.state() };
    const answer = await client.heartbeat({ ...known(), ...report }, cut.signal);
    if (isTooOpen(answer)) await leaveForGood(known());
    else tell(answer.state);
  };
  const beatForEver = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      await pause(heartbeatMs, signal);
      if (!signal.aborted) await beat();
      // A RabbitMQ that had not been reached yet has told its name: whether the server is on it shows when this is said.
      if (queueName !== options.queue?.name()) {
        mustRegister = true;
        rejoin.abort();
      }
    }
  };
  const receiveCommands = async (signal: AbortSignal): Promise<void> => {
    for await (const command of client.receiveCommands(known(), { signal })) {
      if (command.type === 'pause' && !command.isCancellation) tell('paused');
      else if (command.type === 'resume' && !command.isCancellation) tell('online');
      else options.onCommand(command);
    }
  };
  /**
   * A process that was away first asks whether the id is still its own: were it to register at once, one that slept
   * through its lease would take its id back from the process that has replaced it.
   */
  const enter = async (): Promise<void> => {
    if (!mustRegister) {
      try {
        return await beat();
      } catch (error) {
        if (!isForgotten(error)) throw error;
        // Stays so until an answer arrives: one that is lost on the way leaves this process with a number of old.
        mustRegister = true;
      }
    }
    await register();
  };

  const stay = async (signal: AbortSignal): Promise<void> => {
    try {
      await untilFirstEnds(signal, [receiveCommands, beatForEver]);
    } catch (error) {
      // The stream was ended here, to register again.
      if (!rejoin.signal.aborted) throw error;
    }
  };

  const done = keepConnected({
    client,
    logger,
    who: `agent "${profile.name}"`,
    url: options.url,
    signal: halt.signal,
    async session(signal, onJoined) {
      try {
        do {
          rejoin = new AbortController();
          await enter();
          if (signal.aborted) return;
          isConnected = true;
          onJoined();
          await stay(AbortSignal.any([signal, rejoin.signal]));
        } while (rejoin.signal.aborted && !signal.aborted);
      } finally {
        isConnected = false;
      }
    },
    mayRetry(error) {
      if (isRefusal(error)) options.onRefused?.(error);
      if (error.code !== 'stale_incarnation') return true;
      logger.error(
        { ...identity },
        `agent "${profile.name}" was fenced off: another process has registered as "${identity?.agentId ?? options.agentId}"`,
      );
      halt.abort();
      client.close();
      options.onFenced();
      return false;
    },
  });

  options.queue?.attach?.(async (signal) => {
    await untilAborted(() => registered.promise, signal);
    return client.connectQueue(known(), { signal });
  });

  const close = async (): Promise<void> => {
    cut.abort();
    client.close();
    await done;
  };
  return {
    ...client.servicesFor(known),
    get identity() {
      return identity;
    },
    get isConnected() {
      return isConnected;
    },
    async reportState() {
      if (!isConnected) return;
      try {
        await beat();
      } catch (err) {
        logger.debug({ err }, 'a heartbeat out of turn was not answered');
      }
    },
    openCommandOutput() {
      const sender = known();
      const stream = client.sendCommandOutput();
      return { ...stream, send: (output) => stream.send({ ...output, ...sender }) };
    },
    setProfile(next) {
      profile = next;
      mustRegister = true;
      rejoin.abort();
    },
    sendCommandState: async (report) => client.sendCommandState({ ...report, ...known() }, cut.signal),
    sendCommandResult: async (result) => client.sendCommandResult({ ...result, ...known() }, cut.signal),
    async leave(timeoutMs = LEAVE_MS) {
      const isFirst = !halt.signal.aborted;
      halt.abort();
      if (isFirst) {
        await settleWithin(timeoutMs, logger, 'could not unregister', async () => {
          // A registration under way would otherwise leave an agent behind that nobody is.
          await done;
          if (identity !== undefined && !mustRegister) await client.unregisterAgent(identity, cut.signal);
        });
      }
      await close();
    },
    async stop() {
      halt.abort();
      await close();
    },
  };
}
