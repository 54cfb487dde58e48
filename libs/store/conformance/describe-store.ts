import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import type { Store } from '../src/store.ts';
import { describeAgents } from './agents.ts';
import { describeAnswering } from './answering.ts';
import { describeAudit } from './audit.ts';
import { describeCommands } from './commands.ts';
import { describeConversations } from './conversations.ts';
import { describeCrashes } from './crashes.ts';
import { describeDeadLetters } from './dead-letters.ts';
import { describeEvents } from './events.ts';
import { describeFailing } from './failing.ts';
import { describeInterleavings } from './interleavings.ts';
import { describeMemory } from './memory.ts';
import { describeOperation } from './operation.ts';
import { describeOutbox } from './outbox.ts';
import { describeProcesses } from './processes.ts';
import { describeRetention } from './retention.ts';
import { describeRevokedTokens } from './revoked-tokens.ts';
import { describeRouting } from './routing.ts';
import { describeRowWrites } from './row-writes.ts';
import { describeSecrets } from './secrets.ts';
import { describeSessions } from './sessions.ts';
import type { Context, FixtureFactory, StoreFixture } from './store-fixture.ts';
import { describeSubmitting } from './submitting.ts';
import { describeTasks } from './tasks.ts';
import { describeTexts } from './texts.ts';
import { describeTranscripts } from './transcripts.ts';
import { describeTravelling } from './travelling.ts';

/** The contract of every driver of the `Store` port. */
export function describeStore(name: string, factory: FixtureFactory): void {
  describe(`store: ${name}`, () => {
    let fixture: StoreFixture | undefined;
    let store: Store | undefined;
    const opened: Store[] = [];

    const context: Context = {
      get fixture() {
        return required(fixture);
      },
      get store() {
        return required(store);
      },
      open: async () => {
        const another = await required(fixture).open();
        opened.push(another);
        return another;
      },
    };

    beforeAll(async () => {
      fixture = await factory();
      store = await fixture.open();
    });

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((another) => another.close()));
    });

    afterAll(async () => {
      await store?.close();
      await fixture?.remove();
    });

    describeSubmitting(context);
    describeTexts(context);
    describeOutbox(context);
    describeRouting(context);
    describeSessions(context);
    describeAnswering(context);
    describeFailing(context);
    describeConversations(context);
    describeTranscripts(context);
    describeAgents(context);
    describeDeadLetters(context);
    describeMemory(context);
    describeSecrets(context);
    describeRevokedTokens(context);
    describeCommands(context);
    describeAudit(context);
    describeTravelling(context);
    describeEvents(context);
    describeTasks(context);
    describeOperation(context);
    describeCrashes(context);
    describeProcesses(context);
    describeRowWrites(context);
    describeInterleavings(context);
    describeRetention(context);
  });
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the store is there only while tests run');
  return value;
}
