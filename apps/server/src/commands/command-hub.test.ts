import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@parley/messaging/test-queue';
import { type CommandRecord, newId } from '@parley/shared-models';
import { makeServices, type ServicesFixture } from '../../testing/server-fixture.ts';
import type { CommandHub } from './command-hub.ts';

describe('who follows commands', () => {
  let fixture: ServicesFixture;
  let hub: CommandHub;
  beforeEach(async () => {
    fixture = await makeServices();
    ({ hub } = fixture.services.commandService);
  });
  afterEach(() => fixture.remove());

  const record = (): CommandRecord => ({
    id: newId(),
    agentId: 'shell',
    agentName: 'Shell',
    requestedBy: { id: 'ada', name: 'Ada' },
    type: 'shell',
    command: 'ls',
    timeoutMs: 1000,
    state: 'running',
    createdAt: new Date().toISOString(),
    truncated: false,
    outputSeq: 0,
  });
  function reader() {
    const got: string[] = [];
    const send = (text: string): void => {
      const frame = JSON.parse(text) as { type: string; id: string; state?: string };
      got.push(`${frame.type} ${frame.id}${frame.state === undefined ? '' : ` ${frame.state}`}`);
    };
    return { got, isOpen: () => true, send, flushed: async () => {} };
  }

  it('gets nothing more of any of them once it has left, and others go on', async () => {
    const commands = [record(), record()];
    const [leaving, staying] = [reader(), reader()];
    for (const each of [leaving, staying]) {
      hub.attach(each);
      for (const command of commands) hub.follow(each, command.id, 0);
    }
    const tellAll = (): void => {
      for (const command of commands) hub.changed(command);
    };
    const all = commands.map(({ id }) => `command.status ${id} running`);
    tellAll();
    await eventually(() => expect([leaving.got, staying.got]).toEqual([all, all]));
    hub.leave(leaving);
    tellAll();
    await eventually(() => expect(staying.got).toEqual([...all, ...all]));
    expect(leaving.got).toEqual(all);
  });

  it('may follow again after it has closed one, and after it has left', async () => {
    const [one, other] = [record(), record()];
    const back = reader();
    for (const command of [one, other]) hub.follow(back, command.id, 0);
    hub.unfollow(back, one.id);
    hub.leave(back);
    hub.follow(back, one.id, 0);
    hub.changed(other);
    hub.changed(one);
    await eventually(() => expect(back.got).toEqual([`command.status ${one.id} running`]));
  });
});
