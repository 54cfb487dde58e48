import {
  type AuditAction,
  type ClientFrameOf,
  newId,
  ParleyError,
  type WantedAgentState,
} from '@parley/shared-models';
import { enteredBy } from '../../audit/origin.ts';
import type { ClientSocket, FrameHandler } from '../client-socket.ts';
import { outwardReport } from '../outward-report.ts';

type ControlAction = ClientFrameOf<'agent.control'>['action'];

const WANTED: Readonly<Record<Exclude<ControlAction, 'shutdown'>, WantedAgentState>> = {
  pause: 'paused',
  resume: 'online',
  deregister: 'offline',
  reregister: 'online',
};

/** Pauses, resumes, deregisters, re-registers or shuts down one agent or all. */
export const onAgentControl: FrameHandler<ClientFrameOf<'agent.control'>> = async (frame, socket) => {
  const { action } = frame;
  const ids = frame.agentId === '*' ? everybody(action, socket) : [frame.agentId];
  const failures: Failure[] = [];
  await inOrder(socket, async () => {
    await Promise.all(
      ids.map(async (agentId) => {
        try {
          await control(agentId, action, socket);
        } catch (error) {
          failures.push({ agentId, error });
        }
      }),
    );
  });
  const [first] = failures;
  if (first === undefined) return;
  throw ids.length === 1 ? first.error : together(failures, ids.length, socket);
};

interface Failure {
  readonly agentId: string;
  readonly error: unknown;
}

/** @throws ParleyError `unknown_agent`, `agent_offline` when there is nobody */
function everybody(action: ControlAction, { services }: ClientSocket): string[] {
  const agents = services.agents.list().map(({ agentId }) => agentId);
  if (agents.length === 0) throw new ParleyError('unknown_agent', 'There are no agents.');
  if (action !== 'shutdown') return agents;
  const connected = agents.filter((agentId) => services.agents.get(agentId)?.isConnected);
  if (connected.length === 0) throw new ParleyError('agent_offline', 'No agent is there to be shut down.');
  return connected;
}

/** The changes to the other agents stand; the operator learns of each that failed. */
function together(failures: readonly Failure[], asked: number, { services }: ClientSocket): ParleyError {
  const reports = failures.map(({ agentId, error }) => {
    services.logger.warn({ err: error, agentId }, 'an agent could not be controlled');
    const { code, message } = outwardReport(error);
    return { agentId, code, message };
  });
  const all = reports.map(({ agentId, message }) => `${agentId}: ${message}`).join(' ');
  return new ParleyError(
    reports[0]?.code ?? 'internal',
    `${reports.length} of ${asked} agents failed. ${all}`,
    {
      details: { failures: reports },
    },
  );
}

/** Frames are handled concurrently; the state wanted last must be stored and entered last too. */
const last = new WeakMap<object, Promise<void>>();

function inOrder({ services }: ClientSocket, act: () => Promise<void>): Promise<void> {
  const before = last.get(services) ?? Promise.resolve();
  // The outcome of the frame before is reported to its own sender.
  const acting = before.then(act, act);
  last.set(services, acting);
  return acting;
}

async function control(agentId: string, action: ControlAction, socket: ClientSocket): Promise<void> {
  const { agents, audit, commandService, logger } = socket.services;
  if (action === 'shutdown') {
    // A process that is away has nothing to shut down; one that comes back later must not find an old order.
    if (!agents.require(agentId).isConnected)
      throw new ParleyError('agent_offline', `The agent "${agentId}" is not there to be shut down.`);
    await commandService.operators.run(
      { id: newId(), agentId, commandType: 'shutdown', command: '', timeoutMs: SHUTDOWN_MS },
      socket,
    );
  } else {
    await agents.want(agentId, WANTED[action]);
  }
  const entered: AuditAction = `agent.${action}`;
  await audit.enter({ ...enteredBy(socket), action: entered, agentId, result: 'ok' });
  logger.info({ agentId, action, userId: socket.user.id }, 'an operator controlled an agent');
}

const SHUTDOWN_MS = 60_000;
