import type { ChatMessage, Task } from '@parley/shared-models';

/** By message the tasks that began after it and before the next: there they stand in the transcript. */
export function taskPlaces(
  messages: readonly ChatMessage[],
  tasks: readonly Task[],
): ReadonlyMap<string, readonly Task[]> {
  const placed = tasks.flatMap((task) => {
    const began = Date.parse(task.createdAt ?? '');
    // The message that asked for it is older; the server has given both their time.
    const before = messages.findLast(({ createdAt }) => Date.parse(createdAt) <= began);
    return before === undefined ? [] : [{ messageId: before.id, task }];
  });
  return new Map(
    [...Map.groupBy(placed, ({ messageId }) => messageId)].map(([id, each]) => [
      id,
      each.map(({ task }) => task),
    ]),
  );
}
