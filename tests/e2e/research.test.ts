import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ChatMessage, newId, TaskDetail, type TaskState } from '@parley/shared-models';
import type { LogLine, ParleyProcess } from '../harness/parley-process.ts';
import { type ParleySystem, SYSTEM_KINDS, startSystem } from '../harness/parley-system.ts';
import { connectRaw, type RawClient, sendText } from '../harness/raw-client.ts';
import { priceFigures } from '../research/run-price-figures.ts';

const ANALYZE =
  'Analyze the stock performance of Apple, Google, and Tesla over the last month and summarize the key findings.';
const REWRITE = "Rewrite the summary to focus only on Tesla's stock volatility.";
const STATUS = 'What is the current status?';

const PRICES = path.resolve(import.meta.dirname, '../../libs/research-tools/data-samples/prices');
const SHARES = { Apple: 'AAPL', Google: 'GOOGL', Tesla: 'TSLA' };
const EXECUTORS = ['executor-1', 'executor-2'];
const SLOW_MS = 180_000;

const share = (value: number): string => `${(value * 100).toFixed(1).replace('-', '−')} %`;
const change = (value: number): string => (value > 0 ? `+${share(value)}` : share(value));
const price = (value: number): string => value.toFixed(2);

describe.each(SYSTEM_KINDS)('research, on $kind', ({ driver, hasPostgres }) => {
  let system: ParleySystem;
  let client: RawClient;

  beforeAll(async () => {
    const agents = [
      ...['planner', 'aggregator', 'clarifier'].map((use) => ({ use, id: use })),
      ...EXECUTORS.map((id) => ({ use: 'executor', id })),
    ];
    system = await startSystem({ driver, hasPostgres, agents });
    client = await connectRaw(system.webSocketUrl);
  }, SLOW_MS);
  afterAll(async () => {
    client?.terminate();
    await system?.stop();
  });

  const taskIn = (conversationId: string, state: TaskState, round = 1) =>
    client.received(
      'task.update',
      ({ task }) => task.conversationId === conversationId && task.state === state && task.round === round,
    );
  const detailOf = async (id: string): Promise<TaskDetail> =>
    TaskDetail.parse(await (await fetch(`${system.url}/api/tasks/${id}`)).json());
  const answerTo = async (id: string, fits: (message: ChatMessage) => boolean): Promise<ChatMessage> =>
    (await client.received('message', ({ message }) => message.inReplyTo === id && fits(message))).message;
  const processOf = (agentId: string): ParleyProcess => {
    const isIts = (line: LogLine): boolean => line.msg === 'registered' && line.agentId === agentId;
    const process = system.agents.findLast(({ log }) => log.some(isIts));
    if (process === undefined) throw new Error(`${agentId} does not run`);
    return process;
  };
  /** Steps wait for them then, as for busy ones. */
  const pauseExecutors = async (): Promise<void> => {
    for (const agentId of EXECUTORS) {
      // The server says so at once; the executor takes steps until it has heard of it.
      const executor = processOf(agentId);
      const before = new Set(executor.log);
      client.send({ type: 'agent.control', agentId, action: 'pause' });
      await executor.logged(
        (line) => !before.has(line) && line.msg === 'the server changed the state' && line.to === 'paused',
      );
    }
  };
  const stepsRunning = (conversationId: string) =>
    client.received(
      'task.update',
      ({ task: { conversationId: of, state, plan } }) =>
        of === conversationId &&
        state === 'EXECUTING' &&
        plan.filter((step) => step.state === 'running').length === 3,
    );
  const isReport = ({ text }: ChatMessage): boolean => text.startsWith('# ');

  it(
    'answers the two requests of the document, the second one from what is stored',
    async () => {
      const asked = sendText(client, ANALYZE);
      const { text, conversationId } = await answerTo(asked, isReport);
      for (const [name, symbol] of Object.entries(SHARES)) {
        const file = path.join(PRICES, `${symbol}.csv`);
        const figures = await priceFigures(file, '2026-10-20', '2026-11-20');
        const cells = [
          `${name} (${symbol})`,
          change(figures.return),
          share(figures.volatility),
          `${price(figures.high)} / ${price(figures.low)}`,
          change(figures.drawdown),
          price(figures.average),
          `${(figures.volume / 1e6).toFixed(1)} million`,
        ];
        expect(text).toContain(`| ${cells.join(' | ')} |`);
      }
      expect(text).toContain('Sample data: invented prices');
      expect(text).toContain('](data:image/svg+xml;base64,');

      const { task } = await taskIn(conversationId, 'REFINEMENT_READY');
      const before = await detailOf(task.id);
      const refined = await answerTo(sendText(client, REWRITE, { conversationId }), isReport);
      const tesla = await priceFigures(path.join(PRICES, 'TSLA.csv'), '2026-10-20', '2026-11-20');
      expect(refined.text).toContain(`Tesla’s volatility was **${share(tesla.volatility)}** a year`);
      expect(refined.text).not.toMatch(/Apple|Google/);
      await taskIn(conversationId, 'REFINEMENT_READY', 2);
      const after = await detailOf(task.id);
      expect(after.plan.slice(0, before.plan.length)).toEqual(before.plan);
      expect(after.plan.slice(before.plan.length).map(({ kind }) => kind)).toEqual(['aggregate']);
    },
    SLOW_MS,
  );

  it(
    'says what the status is while steps run, with the true step',
    async () => {
      await pauseExecutors();
      const conversationId = newId();
      const asked = sendText(client, ANALYZE, { conversationId });
      const { task } = await stepsRunning(conversationId);
      const said = await answerTo(sendText(client, STATUS, { conversationId }), () => true);
      expect(said.text).toContain('is executing: 0 of 22 steps are done.');
      expect(said.text).toContain('Now: **Load the prices of Apple for the last month**');
      for (const agentId of EXECUTORS) client.send({ type: 'agent.control', agentId, action: 'resume' });
      await answerTo(asked, isReport);
      await taskIn(conversationId, 'REFINEMENT_READY');
      const { plan } = await detailOf(task.id);
      expect(plan.every(({ state }) => state === 'done')).toBe(true);
      const direct = sendText(client, STATUS, { conversationId, target: { group: 'clarifier' } });
      const { text, sender } = await answerTo(direct, () => true);
      expect(sender.name).toBe('Clarifier');
      expect(text).toContain('is done: the report is there');
    },
    SLOW_MS,
  );

  it(
    'brings the same report when the planner and an executor are killed while steps run',
    async () => {
      const expected = (await answerTo(sendText(client, ANALYZE), isReport)).text;
      await pauseExecutors();
      const conversationId = newId();
      const asked = sendText(client, ANALYZE, { conversationId });
      const { task } = await stepsRunning(conversationId);
      const [planner, , , executor] = system.agents;
      await Promise.all([planner?.kill(), executor?.kill()]);
      await system.startAgent({ use: 'executor', id: 'executor-1' });
      client.send({ type: 'agent.control', agentId: 'executor-2', action: 'resume' });
      await system.startAgent({ use: 'planner', id: 'planner' });
      client.send({ type: 'agent.control', agentId: 'executor-1', action: 'resume' });
      expect((await answerTo(asked, isReport)).text).toBe(expected);
      const { plan } = await detailOf(task.id);
      expect(plan.every(({ state }) => state === 'done')).toBe(true);
    },
    SLOW_MS,
  );

  it(
    'keeps twenty tasks at once apart',
    async () => {
      const names = Object.entries(SHARES);
      const requests = Array.from({ length: 20 }, (_, index) => {
        const [name, symbol] = names[index % names.length] ?? names[0] ?? ['', ''];
        return { name, symbol, weeks: 2 + index, id: '' };
      });
      for (const request of requests) {
        const { name, weeks } = request;
        request.id = sendText(client, `Analyze the volatility of ${name} over the last ${weeks} weeks`);
      }
      for (const { id, name, symbol, weeks } of requests) {
        const { text } = await answerTo(id, isReport);
        const from = new Date(Date.parse('2026-11-20') - weeks * 7 * 86_400_000).toISOString().slice(0, 10);
        const figures = await priceFigures(path.join(PRICES, `${symbol}.csv`), from, '2026-11-20');
        expect(text).toContain(`# Volatility of ${name} over the last ${weeks} weeks`);
        expect(text).toContain(`| ${name} (${symbol}) | ${share(figures.volatility)} |`);
      }
    },
    SLOW_MS * 2,
  );
});
