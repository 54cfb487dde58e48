import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLanguageModel } from '@parley/language-model';
import {
  respondWithText,
  type Script,
  type StandInProvider,
  startStandInProvider,
} from '@parley/language-model/stand-in-provider';
import type { MessageBus } from '@parley/messaging';
import { type BusFolder, collectDeliveries, makeBusFolder } from '@parley/messaging/test-queue';
import { createLogger } from '@parley/process-kit';
import { createIntentScorer } from '@parley/routing';
import {
  BROKER_INPUT_QUEUE,
  decodeRouting,
  HEADERS,
  newId,
  ParleyError,
  SERVER_INPUT_QUEUE,
} from '@parley/shared-models';
import { agent, messageEnvelope } from '../testing/messages.ts';
import { createBrokerInputHandler } from './broker-input-queue.ts';
import { createModelQuestion } from './model-question.ts';

describe('the messages that the broker has in hand', () => {
  let folder: BusFolder;
  let bus: MessageBus;
  beforeEach(async () => {
    folder = await makeBusFolder();
    bus = await folder.open();
  });
  afterEach(() => folder.remove());

  function fixture(failures: number) {
    let left = failures;
    const assigned: string[] = [];
    const stopped = new AbortController();
    // The real queue, away for the first publishes.
    const flaky: MessageBus = {
      ...bus,
      publish: (queue, envelope) =>
        left-- > 0
          ? Promise.reject(new ParleyError('bus_unavailable', 'no connection'))
          : bus.publish(queue, envelope),
    };
    const handle = createBrokerInputHandler(
      flaky,
      {
        agents: () => [agent('echo')],
        recentlyAssigned: () => 0,
        offlineForMs: () => 0,
        graceMs: 0,
        scoreIntent: createIntentScorer(),
        onAssigned: (agentId) => assigned.push(agentId),
      },
      { signal: stopped.signal, logger: createLogger('test', 'silent'), pauseMs: 1 },
    );
    const deliver = (text: string): Promise<void> =>
      handle({ envelope: messageEnvelope(text), queue: BROKER_INPUT_QUEUE, redeliveries: 0 });
    return { deliver, assigned, stopped };
  }

  it('is acknowledged only after the server has it', async () => {
    const { deliver, assigned } = fixture(0);
    await deliver('hello');
    expect((await bus.depths()).find(({ name }) => name === SERVER_INPUT_QUEUE)?.ready).toBe(1);
    expect(assigned).toEqual(['echo']);
  });

  it('is held while the queue takes nothing, and published once it does', async () => {
    const { deliver, assigned } = fixture(3);
    await deliver('hello');
    const forwarded = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, forwarded.handler, { prefetch: 10 });
    await forwarded.waitFor(1);
    expect(assigned).toEqual(['echo']);
  });

  it('goes back to its queue when the broker stops meanwhile', async () => {
    const { deliver, stopped } = fixture(1_000_000);
    const handled = deliver('hello');
    stopped.abort();
    await expect(handled).rejects.toMatchObject({ code: 'bus_unavailable' });
  });
});

describe('a message that a language model decides', () => {
  let folder: BusFolder;
  let bus: MessageBus;
  let provider: StandInProvider;
  const stopped = new AbortController();
  beforeEach(async () => {
    folder = await makeBusFolder();
    bus = await folder.open();
    provider = await startStandInProvider();
  });
  afterEach(async () => {
    await provider.close();
    await folder.remove();
  });

  const chooseFinance = respondWithText('{"choice":"finance","confidence":0.8}');
  /** Answers when it is let, or never. */
  function heldBack(): { script: Script; asked: Promise<void>; release: () => void } {
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    return {
      asked: asked.promise,
      release: released.resolve,
      script: async (response, request) => {
        asked.resolve();
        await Promise.race([released.promise, request.closed]);
        await chooseFinance(response, request);
      },
    };
  }

  async function fixture(more: { maxWaiting?: number; timeoutMs?: number } = {}) {
    const logger = createLogger('test', 'silent');
    const model = await createLanguageModel(
      { MISTRAL_API_KEY: 'key', MISTRAL_MODEL: 'small' },
      { mistralBaseUrl: provider.baseUrl },
    );
    const agents = [agent('finance', { keywords: ['budget'] }), agent('hr', { keywords: ['employee'] })];
    const handle = createBrokerInputHandler(
      bus,
      {
        agents: () => agents,
        recentlyAssigned: () => 0,
        offlineForMs: () => 0,
        graceMs: 0,
        scoreIntent: createIntentScorer(),
        onAssigned: () => {},
        modelQuestion: createModelQuestion({
          model,
          timeoutMs: more.timeoutMs ?? 10_000,
          signal: stopped.signal,
          logger,
        }),
        ...(more.maxWaiting === undefined ? {} : { maxWaiting: more.maxWaiting }),
      },
      { signal: stopped.signal, logger },
    );
    const forwarded = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, forwarded.handler, { prefetch: 100 });
    const deliver = (conversation: string, text: string): Promise<void> => {
      const envelope = messageEnvelope(text, { headers: { [HEADERS.conversation]: conversation } });
      return handle({ envelope, queue: BROKER_INPUT_QUEUE, redeliveries: 0 });
    };
    /** The forwarded messages, in order: the text with the strategy that decided, or the reason of the failure. */
    const results = () =>
      forwarded.all.map(({ envelope }) => {
        const body = JSON.parse(Buffer.from(envelope.body).toString());
        const routing = envelope.headers[HEADERS.routing];
        return routing === undefined ? body.code : `${body.text} ${decodeRouting(String(routing)).strategy}`;
      });
    return { deliver, forwarded, results };
  }

  it('goes to whom the model chose', async () => {
    const { deliver, results } = await fixture();
    provider.play(chooseFinance);
    await deliver(newId(), 'Where does it all go?');
    expect(results()).toEqual(['Where does it all go? language-model']);
  });

  it('holds up those of its conversation, which keep their order, and no others', async () => {
    const { deliver, forwarded, results } = await fixture();
    const [slow, quick] = [newId(), newId()];
    const first = heldBack();
    provider.play(first.script, chooseFinance);
    const waiting = ['one?', 'my budget two', 'three?'].map((text) => deliver(slow, text));
    await first.asked;
    await deliver(quick, 'my budget elsewhere');
    expect(results()).toEqual(['my budget elsewhere keywords']);
    first.release();
    await Promise.all(waiting);
    await forwarded.waitFor(4);
    expect(results().slice(1)).toEqual([
      'one? language-model',
      'my budget two keywords',
      'three? language-model',
    ]);
  });

  it('is decided without the model when that takes too long or fails', async () => {
    const { deliver, results } = await fixture({ timeoutMs: 30 });
    provider.play(heldBack().script, respondWithText('no idea'));
    await deliver(newId(), 'one?');
    await deliver(newId(), 'two?');
    expect(results()).toEqual(['no_agent_fits', 'no_agent_fits']);
  });

  it('waits no longer once too many wait: a flood in one conversation takes no place from others', async () => {
    const { deliver, forwarded } = await fixture({ maxWaiting: 4 });
    const flooded = newId();
    const first = heldBack();
    provider.play(first.script);
    const waiting = [deliver(flooded, 'one?')];
    await first.asked;
    for (let count = 0; count < 20; count++) waiting.push(deliver(flooded, `${count}?`));
    await Promise.all(waiting);
    await forwarded.waitFor(21);
    expect(provider.requests.length).toBeLessThanOrEqual(3);
  });
});
