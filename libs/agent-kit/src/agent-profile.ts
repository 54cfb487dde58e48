import { hostname } from 'node:os';
import { AgentProfile, CAPABILITIES, ChannelName, EventType, LIMITS, slugOf } from '@parley/shared-models';
import { z } from 'zod';
import type { AgentDefinition } from './agent-definition.ts';

const Code = z.custom<(...args: never[]) => unknown>(
  (value) => typeof value === 'function',
  'must be a function',
);
const Flag = z.boolean().optional();
/**
 * Fields that `profileOf` checks in addition: name, group, description, capabilities, keywords, examples, concurrency and
 * timeoutMs.
 */
const Profile = { ...AgentProfile.omit({ host: true }).partial().shape, name: AgentProfile.shape.name };

/** An agent's definition, checked, since in JavaScript no compiler checks it. */
const fields = {
  ...Profile,
  attempts: z.int().min(1).max(100).optional(),
  holdsSession: Flag,
  isolated: Flag,
  onMessage: Code,
  onSessionEnd: Code.optional(),
  onCommand: Code.optional(),
  onEvent: Code.optional(),
  onStep: Code.optional(),
  subscriptions: z
    .array(
      z.strictObject({
        channel: ChannelName,
        types: z.array(EventType).optional(),
        replayLast: z.int().min(0).max(LIMITS.eventsPage).optional(),
      }),
    )
    .optional(),
  events: z
    .record(
      EventType,
      z.custom((value) => hasMethod(value, 'safeParse'), 'must be a zod schema'),
    )
    .optional(),
  tasks: z.custom((value) => hasMethod(value, 'plan'), 'must be an object with a function `plan`').optional(),
  commandConcurrency: z.int().min(1).max(1000).optional(),
  needsSignIn: z.string().min(1).optional(),
} satisfies Record<keyof AgentDefinition, z.ZodType>;
const Plain = z.strictObject(fields);
/** A class of one's own may have further fields. */
const Instance = z.looseObject(fields);

/**
 * The agent's profile, which it sends when it registers; the whole definition is checked.
 * @throws ZodError that names each field that is wrong, or that no agent has
 */
export function profileOf(
  definition: AgentDefinition,
  {
    name = definition.name,
    host = hostname(),
  }: { name?: string | undefined; host?: string | undefined } = {},
): AgentProfile {
  const { subscriptions, onEvent } = (isPlain(definition) ? Plain : Instance).parse(definition);
  if (subscriptions !== undefined && onEvent === undefined) {
    const message = 'must be there, since there are subscriptions';
    throw new z.ZodError([{ code: 'custom', path: ['onEvent'], message, input: undefined }]);
  }
  const capabilities = capabilitiesOf(definition);
  return AgentProfile.parse({
    name,
    group: definition.group ?? slugOf(name),
    description: definition.description,
    capabilities,
    keywords: definition.keywords,
    examples: definition.examples,
    concurrency: definition.concurrency,
    ...(definition.timeoutMs === undefined ? {} : { timeoutMs: definition.timeoutMs }),
    ...(capabilities.includes(CAPABILITIES.executesCommands) ? { host } : {}),
    ...(subscriptions === undefined
      ? {}
      : { subscriptions: subscriptions.filter(({ types }) => types?.length !== 0) }),
  });
}

/** The id that an agent wants where it was given none: one that executes commands is told by its machine. */
export function ownIdOf({ name, host }: Pick<AgentProfile, 'name' | 'host'>): string {
  // The dots of a machine's name are no loss: two that differ in nothing else are given different numbers.
  return slugOf(host === undefined ? name : `${name} ${host.replaceAll('.', '-')}`);
}

function capabilitiesOf({ capabilities = [], holdsSession = false }: AgentDefinition): readonly string[] {
  if (!holdsSession || capabilities.includes(CAPABILITIES.holdsSession)) return capabilities;
  return [...capabilities, CAPABILITIES.holdsSession];
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Also that of another realm, such as that of a test runner.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
