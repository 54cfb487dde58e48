import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { MessageBus } from '@parley/messaging';
import { type BusFolder, eventually, makeBusFolder } from '@parley/messaging/test-queue';
import { createLogger } from '@parley/process-kit';
import { BROKER_INPUT_QUEUE, newId, ParleyError, ReplyBody } from '@parley/shared-models';
import { createInMemoryServices } from '../../testing/in-memory-services.ts';
import { type AgentDefinition, defineAgent } from '../agent-definition.ts';
import { createInMemoryTasks, type InMemoryTasks } from '../testing/in-memory-tasks.ts';
import { createTaskExecutor, type TaskExecutor } from './task-executor.ts';

const logger = createLogger('test', 'silent');

describe('the tasks that fall to a process', () => {
  let folder: BusFolder;
  let bus: MessageBus;
  const executors: TaskExecutor[] = [];
  beforeEach(async () => {
    folder = await makeBusFolder();
    bus = await folder.open();
  });
  afterEach(async () => {
    await Promise.all(executors.splice(0).map((executor) => executor.abandon()));
    await folder.remove();
  });

  const planner = (plan: NonNullable<AgentDefinition['tasks']>['plan']): AgentDefinition =>
    defineAgent({ name: 'Planner', onMessage: () => 'no', tasks: { plan } });
  const quick = planner(() => ({ steps: [], aggregate: { title: 'Report', group: 'aggregator' } }));
  const anExecutor = (tasks: InMemoryTasks, definition: AgentDefinition, id = 'planner'): TaskExecutor => {
    const executor = createTaskExecutor({
      bus,
      definition: () => definition,
      services: () => ({ ...createInMemoryServices(), ...tasks }),
      identity: () => ({ id, name: 'Planner', incarnation: 3 }),
      logger,
    });
    executors.push(executor);
    return executor;
  };
  const begin = async (tasks: InMemoryTasks): Promise<string> => {
    const id = newId();
    await tasks.createTask({ id, requestId: newId(), title: 'T', text: 'Compare' });
    return id;
  };
  const stateOf = async (tasks: InMemoryTasks, id: string): Promise<string> =>
    (await tasks.getTask({ id })).document.state;

  it('are driven to their end, and say their report as a reply to the request', async () => {
    const tasks = createInMemoryTasks({ onStep: () => ({ text: '# Report' }) });
    const id = await begin(tasks);
    const said = Promise.withResolvers<ReplyBody>();
    await bus.consume(
      BROKER_INPUT_QUEUE,
      async ({ envelope }) => {
        expect(envelope.headers).toMatchObject({ sender: 'agent:planner', incarnation: 3, causation: id });
        said.resolve(ReplyBody.parse(JSON.parse(Buffer.from(envelope.body).toString('utf8'))));
      },
      { prefetch: 1 },
    );
    anExecutor(tasks, quick).start();
    await eventually(async () => expect(await stateOf(tasks, id)).toBe('REFINEMENT_READY'));
    const { document } = await tasks.getTask({ id });
    expect(await said.promise).toMatchObject({
      id: document.rounds[0]?.reportMessageId,
      inReplyTo: document.rounds[0]?.requestId,
      text: '# Report',
      sender: { kind: 'agent', id: 'planner' },
      metadata: { task: { id, kind: 'report', round: 1 } },
    });
  });

  it('are looked for at once when one may have begun here', async () => {
    const tasks = createInMemoryTasks({ onStep: () => ({ text: '# Report' }) });
    let claims = 0;
    const counted = {
      ...tasks,
      claimTasks: (request: { limit: number }) => tasks.claimTasks(request).finally(() => (claims += 1)),
    };
    const executor = anExecutor(counted, quick);
    executor.start();
    await eventually(() => expect(claims).toBe(1));
    for (let looks = 2; looks < 5; looks++) {
      executor.look();
      await eventually(() => expect(claims).toBe(looks), 1500);
    }
  });

  it('are given back when the process takes no more, though it was planning', async () => {
    const tasks = createInMemoryTasks();
    const id = await begin(tasks);
    const planning = Promise.withResolvers<void>();
    const executor = anExecutor(
      tasks,
      planner(async () => {
        planning.resolve();
        return new Promise<never>(() => {});
      }),
    );
    executor.start();
    await planning.promise;
    await executor.pause();
    expect((await tasks.claimTasks({ limit: 1 })).tasks).toMatchObject([{ document: { id }, token: 2 }]);
  });

  it('are kept for their lease when the process is abandoned, as if it had died', async () => {
    const tasks = createInMemoryTasks({ onStep: () => new Promise(() => {}) });
    const id = await begin(tasks);
    const executor = anExecutor(tasks, quick);
    executor.start();
    await eventually(async () => expect(await stateOf(tasks, id)).toBe('AGGREGATING'));
    await executor.abandon();
    expect((await tasks.claimTasks({ limit: 1 })).tasks).toEqual([]);
  });

  it('are taken again after a pause', async () => {
    const tasks = createInMemoryTasks({ onStep: () => ({ text: '# Report' }) });
    const executor = anExecutor(tasks, quick);
    executor.start();
    await executor.pause();
    const id = await begin(tasks);
    executor.start();
    await eventually(async () => expect(await stateOf(tasks, id)).toBe('REFINEMENT_READY'));
  });

  it('are not asked for by an agent that drives none', async () => {
    const tasks = createInMemoryTasks();
    const refusing = { ...tasks, claim: () => Promise.reject(new Error('asked')) };
    const executor = anExecutor(refusing, defineAgent({ name: 'Talker', onMessage: () => 'hello' }));
    executor.start();
    executor.look();
    await executor.pause();
  });

  it('are asked for again while the server is away', async () => {
    const tasks = createInMemoryTasks({ onStep: () => ({ text: '# Report' }) });
    const id = await begin(tasks);
    let isAway = true;
    const away = <A extends unknown[], R>(call: (...values: A) => Promise<R>) => {
      return async (...values: A): Promise<R> => {
        if (isAway) throw new ParleyError('unavailable', 'The server is away.');
        return call(...values);
      };
    };
    const executor = anExecutor(
      { ...tasks, claimTasks: away(tasks.claimTasks), saveTask: away(tasks.saveTask) },
      quick,
    );
    executor.start();
    isAway = false;
    executor.look();
    await eventually(async () => expect(await stateOf(tasks, id)).toBe('REFINEMENT_READY'));
  });
});
