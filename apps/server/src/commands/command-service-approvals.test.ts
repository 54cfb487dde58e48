import { describe, expect, it } from '@jest/globals';
import { ada, auditOf, becomes, by, eve, run, start, stateOf } from '../../testing/command-fixture.ts';
import type { ServicesFixture } from '../../testing/server-fixture.ts';
import { type StubProcess, startStubProcess } from '../../testing/stub-process.ts';
import { LOCAL_USER } from '../users/local-user.ts';

describe('commands', () => {
  describe('that need an approval', () => {
    const awaiting = async (fixture: ServicesFixture, user = ada): Promise<[StubProcess, string]> => {
      const agent = await startStubProcess(fixture, 'shell');
      const { id } = await run(fixture, {}, user);
      await agent.next(id);
      await agent.awaits(id, 'restarts');
      return [agent, id];
    };

    it('come again with the name of who approved them, never the one who asked', async () => {
      const fixture = await start();
      const { operators } = fixture.services.commandService;
      const [agent, id] = await awaiting(fixture);
      expect(await stateOf(fixture, id)).toMatchObject({ state: 'awaiting_approval', rule: 'restarts' });
      await expect(operators.approve(id, by(ada))).rejects.toMatchObject({ code: 'forbidden' });
      expect(await operators.approve(id, by(eve))).toMatchObject({
        state: 'sent',
        approvedBy: { id: 'eve' },
      });
      expect(await agent.next(id, { times: 2 })).toMatchObject({ approvedBy: 'Eve' });
      await expect(operators.approve(id, by(eve))).rejects.toMatchObject({ code: 'id_conflict' });
      await agent.ends(id);
      expect(await auditOf(fixture, id)).toEqual([
        'command.run queued by user ada',
        'command.approved sent by user eve',
        'command.ended succeeded by agent shell',
      ]);
    });

    it('are refused when they are rejected, and forgotten by the agent', async () => {
      const fixture = await start();
      const { operators } = fixture.services.commandService;
      const [agent, id] = await awaiting(fixture);
      const rejected = await operators.reject(id, 'not now', by(eve));
      expect(rejected).toMatchObject({ state: 'refused', errorMessage: 'Eve rejected it: not now' });
      await agent.next(id, { isCancellation: true });
    });

    it('may be approved by the one person who is there without sign-in, which the record says', async () => {
      const fixture = await start();
      const [, id] = await awaiting(fixture, LOCAL_USER);
      const approved = await fixture.services.commandService.operators.approve(id, by(LOCAL_USER));
      expect(approved.approvedBy).toEqual({ id: 'local', name: 'You', isRequester: true });
    });

    it('need a second person where people sign in, whatever their id', async () => {
      const fixture = await start({ AUTH_SECRET: 'a secret of more than thirty-two characters' });
      const [, id] = await awaiting(fixture, LOCAL_USER);
      const { operators } = fixture.services.commandService;
      await expect(operators.approve(id, by(LOCAL_USER))).rejects.toMatchObject({ code: 'forbidden' });
    });

    it('are refused when nobody approves them in time', async () => {
      const fixture = await start({ COMMAND_APPROVAL_TTL_MS: '100' });
      const [, id] = await awaiting(fixture);
      expect((await becomes(fixture, id, 'refused')).errorMessage).toContain('Nobody approved');
    });
  });
});
