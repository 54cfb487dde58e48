import type { HttpApi } from '@parley/client';
import { HealthReport } from '@parley/shared-models';
import type { GlobalOptions } from '../global-options.ts';
import { type Finding, messageOf } from './check.ts';

const TIMEOUT_MS = 5000;

export async function checkServer(api: HttpApi, url: string): Promise<Finding> {
  const name = 'Server';
  try {
    const { status, queue, store, version } = await api.health();
    const parts = [describe('queue', queue), describe('store', store)].join(', ');
    return {
      name,
      isOk: status === 'ok',
      found: `${url}, version ${version}, ${parts}`,
      advice: 'What is not up has to be mended; nothing that was acknowledged is lost meanwhile.',
    };
  } catch (error) {
    return {
      name,
      isOk: false,
      found: `${url}: ${messageOf(error)}`,
      advice: 'Start it with "parley up", or give its address with --url or PARLEY_URL.',
    };
  }
}

function describe(
  what: string,
  { kind, state, reason }: HealthReport['queue'] | HealthReport['store'],
): string {
  return `${what} ${kind} ${state}${reason === undefined ? '' : ` (${reason})`}`;
}

export async function checkReady({ url, token }: GlobalOptions): Promise<Finding> {
  const name = 'Ready';
  const advice = 'Messages are kept and answered once a broker is there: "npx nx serve broker".';
  try {
    const response = await fetch(`${url}/ready`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }),
    });
    const { brokers } = HealthReport.parse(await response.json());
    return { name, isOk: response.ok, found: `${brokers} ${brokers === 1 ? 'broker' : 'brokers'}`, advice };
  } catch {
    // `Server` says why.
    return { name, isOk: false, found: 'no answer', advice: 'First the server has to be there.' };
  }
}

export async function checkAgents(api: HttpApi): Promise<Finding> {
  const name = 'Agents';
  try {
    const { agents } = await api.agents();
    const online = agents.filter(({ state }) => state === 'online');
    return {
      name,
      isOk: online.length > 0,
      found: `${online.length} online of ${agents.length}${online.length === 0 ? '' : `: ${online.map(({ agentName }) => agentName).join(', ')}`}`,
      advice: 'Nobody can answer: start one with "npx nx serve agent -- --use echo".',
    };
  } catch (error) {
    return { name, isOk: false, found: messageOf(error), advice: 'First the server has to be there.' };
  }
}
