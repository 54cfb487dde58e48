import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@parley/process-kit';
import { type ErrorCode, newId, ParleyError } from '@parley/shared-models';
import { createInMemoryServices } from '../testing/in-memory-services.ts';
import { patientServices } from './patient-services.ts';

const logger = createLogger('test', 'silent');
const address = { subject: 'ada', key: 'budget' };

describe('what the server does for an agent, asked patiently', () => {
  /** Services whose memory fails with these errors first. */
  const failing = (...errors: ParleyError[]) => {
    const services = createInMemoryServices();
    let calls = 0;
    const get = async (): ReturnType<typeof services.memory.get> => {
      calls += 1;
      const error = errors.shift();
      if (error !== undefined) throw error;
      return services.memory.get(address);
    };
    return { services: { ...services, memory: { ...services.memory, get } }, calls: () => calls };
  };
  const error = (code: ErrorCode, details = {}): ParleyError => new ParleyError(code, 'no', { details });

  it.each([
    ['is away', 'unavailable'],
    ['does not know the agent for a moment', 'unknown_agent'],
    ['knows it by a new number that is still on its way', 'stale_incarnation'],
  ] as const)('waits for a server that %s', async (_, code) => {
    const { services, calls } = failing(error(code), error(code));
    const patient = patientServices(services, { signal: new AbortController().signal, logger });
    expect(await patient.memory.get(address)).toMatchObject({ version: 0 });
    expect(calls()).toBe(3);
  });

  it.each(['id_conflict', 'forbidden', 'invalid_request'] as const)(
    'does not ask again after %s',
    async (code) => {
      const { services, calls } = failing(error(code));
      const patient = patientServices(services, { signal: new AbortController().signal, logger });
      await expect(patient.memory.get(address)).rejects.toMatchObject({ code });
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

  it('waits no longer than the answer is wanted', async () => {
    const abort = new AbortController();
    const { services } = failing(...Array.from({ length: 50 }, () => error('unavailable')));
    const patient = patientServices(services, { signal: abort.signal, logger });
    const waiting = patient.memory.get(address);
    setImmediate(() => abort.abort('cancelled'));
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });
});
