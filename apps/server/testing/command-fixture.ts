import { afterEach } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { type CommandRecord, type CommandState, newId, type User } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from './server-fixture.ts';

export const ada: User = { id: 'ada', name: 'Ada', roles: ['operator'] };
export const eve: User = { id: 'eve', name: 'Eve', roles: ['operator'] };
export const by = (user: User) => ({ user, remoteAddress: '192.0.2.7' });

const made: ServicesFixture[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((fixture) => fixture.remove()));
});

/** The services of a server that looks after commands; removed after each test. */
export async function start(settings: Record<string, string> = {}): Promise<ServicesFixture> {
  // The stubs send no heartbeats; those whose stream is cut are gone a second later all the same.
  const fixture = await makeServices({ HEARTBEAT_MS: '600000', ...settings });
  made.push(fixture);
  fixture.services.commandService.start();
  return fixture;
}

/** Ada wants a command to run. */
export const run = async (
  { services }: ServicesFixture,
  fields: Partial<Parameters<typeof services.commandService.operators.run>[0]> = {},
  user = ada,
): Promise<CommandRecord> => {
  const request = { id: newId(), agentId: 'shell', command: 'ls -l', ...fields };
  const [command] = (await services.commandService.operators.run(request, by(user))).commands;
  if (command === undefined) throw new Error('no command');
  return command;
};
export const stateOf = async ({ services }: ServicesFixture, id: string): Promise<CommandRecord> =>
  services.commandService.operators.require(id);
/** The command, once it is in the state. */
export const becomes = async (
  fixture: ServicesFixture,
  id: string,
  state: CommandState,
): Promise<CommandRecord> => {
  let record: CommandRecord | undefined;
  await eventually(async () => {
    record = await stateOf(fixture, id);
    if (record.state !== state)
      throw new Error(`${record.state}, not ${state}: ${record.errorMessage ?? ''}`);
  });
  return record as CommandRecord;
};
/** The audit entries about the command, in order. */
export const auditOf = async ({ store }: ServicesFixture, subjectId: string) =>
  (await store.audit.list({ subjectId, limit: 50 })).entries
    .toReversed()
    .map(({ action, result, actor }) => `${action} ${result} by ${actor.kind} ${actor.id}`);
