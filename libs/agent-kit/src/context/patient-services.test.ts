import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { AGENT_RPCS, agentServices } from '@parley/control-plane';
import { createLogger } from '@parley/process-kit';
import { type ErrorCode, newId, ParleyError } from '@parley/shared-models';
import { createInMemoryServices } from '../../testing/in-memory-services.ts';
import { patientServices } from './patient-services.ts';

const logger = createLogger('test', 'silent');
const address = { subject: 'ada', key: 'budget' };

describe('the services of the server, called patiently', () => {
  /** Services whose memory fails with these errors first. */
  const failing = (...errors: ParleyError[]) => {
    const services = createInMemoryServices();
    let calls = 0;
    const getMemory = async (): ReturnType<typeof services.getMemory> => {
      calls += 1;
      const error = errors.shift();
      if (error !== undefined) throw error;
      return services.getMemory(address);
    };
    return { services: { ...services, getMemory }, calls: () => calls };
  };
  const error = (code: ErrorCode, details = {}): ParleyError => new ParleyError(code, 'no', { details });

  it.each([
    ['is away', 'unavailable'],
    ['does not know the agent for a moment', 'not_registered'],
    ['knows it by a new number that is still on its way', 'stale_incarnation'],
  ] as const)('waits for a server that %s', async (_, code) => {
    const { services, calls } = failing(error(code), error(code));
    const patient = patientServices(services, { signal: new AbortController().signal, logger });
    expect(await patient.getMemory(address)).toMatchObject({ version: 0 });
    expect(calls()).toBe(3);
  });

  it.each(['id_conflict', 'forbidden', 'invalid_request'] as const)(
    'does not ask again after %s',
    async (code) => {
      const { services, calls } = failing(error(code));
      const patient = patientServices(services, { signal: new AbortController().signal, logger });
      await expect(patient.getMemory(address)).rejects.toMatchObject({ code });
      expect(calls()).toBe(1);
    },
  );

  it('does not ask again for the answer of an agent that nobody knows', async () => {
    const services = createInMemoryServices();
    let calls = 0;
    const ask = async (): Promise<never> => {
      calls += 1;
      throw error('unknown_agent', { askId: newId() });
    };
    const patient = patientServices({ ...services, ask }, { signal: new AbortController().signal, logger });
    const question = { requestId: newId(), id: newId(), text: 'x', timeoutMs: 1, target: { group: 'hr' } };
    await expect(patient.ask(question)).rejects.toMatchObject({ code: 'unknown_agent' });
    expect(calls).toBe(1);
  });

  it('asks once where nobody waits for it', async () => {
    const asked: string[] = [];
    const away = agentServices((name) => async (request: { isCancellation?: boolean }) => {
      asked.push(request.isCancellation ? `${name}, to stop` : name);
      throw error('unavailable');
    });
    const abort = new AbortController();
    const patient = patientServices(away, { signal: abort.signal, logger });
    const settled = AGENT_RPCS.map((name) => patient[name]({} as never).catch(() => {}));
    settled.push(
      patient.runStep({ isCancellation: true } as never).then(
        () => {},
        () => {},
      ),
    );
    while (asked.filter((name) => name === 'getTask').length < 2) await delay(10);
    abort.abort('cancelled');
    await Promise.all(settled);
    const once = [...new Set(asked)].filter((name) => asked.filter((each) => each === name).length === 1);
    expect(once.sort()).toEqual([
      'cancelAsk',
      'claimTasks',
      'releaseTask',
      'renewLeases',
      'runStep, to stop',
    ]);
  });

  it('waits no longer than the answer is wanted', async () => {
    const abort = new AbortController();
    const { services } = failing(...Array.from({ length: 50 }, () => error('unavailable')));
    const patient = patientServices(services, { signal: abort.signal, logger });
    const waiting = patient.getMemory(address);
    setImmediate(() => abort.abort('cancelled'));
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });
});
