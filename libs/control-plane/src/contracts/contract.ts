import { AgentId } from '@parley/shared-models';
import { z } from 'zod';

/** How something goes over the wire, in the shape that the .proto files give it. */
export interface Wire<T> {
  /** Checks and reads a received message. */
  readonly schema: z.ZodType<T>;
  /** The message to send. Not checked: the sender has the value from a model. */
  encode(value: T): object;
}

/**
 * The permitted callers. `anybody`: every peer that the server lets in at all. `agent`: the agent that the request names,
 * in the incarnation that it names; it shows so by the credential that registering gave. `broker`: likewise the broker
 * that the request names. `member`: likewise the agent or the broker that the first request of a stream names.
 */
export type CallerKind = 'anybody' | 'agent' | 'broker' | 'member';

interface Common<Request> {
  /** As in the .proto files, in package `parley.v1`. */
  readonly service: string;
  readonly rpc: string;
  readonly caller: CallerKind;
  readonly request: Wire<Request>;
}

/** An RPC with one request and one answer. */
export interface Unary<Request, Answer> extends Common<Request> {
  readonly kind: 'unary';
  readonly answer: Wire<Answer>;
  /** A good one of each, for tests and fakes. */
  readonly example: { readonly request: NoInfer<Request>; readonly answer: NoInfer<Answer> };
  /** Registering gives a credential to the caller, which it shows from then on. @default none */
  readonly gives?: 'agent' | 'broker';
  /** How long the server itself may wait before it answers, in milliseconds. @default it does not */
  readonly waits?: (request: NoInfer<Request>) => number | undefined;
  /**
   * Whether an agent that answers somebody asks again for as long as the server is away; it is idempotent. Otherwise nobody waits
   * for it. @default always
   */
  readonly isAwaited?: (request: NoInfer<Request>) => boolean;
}

/** An RPC that the server pushes items into, each in one or more pieces. */
export interface Pushed<Request, Item, Piece = Item> extends Common<Request> {
  readonly kind: 'pushed';
  readonly piece: Wire<Piece>;
  split(item: Item): readonly Piece[];
  join(pieces: AsyncIterable<Piece>): AsyncGenerator<Item, void, void>;
  readonly example: { readonly request: NoInfer<Request>; readonly item: NoInfer<Item> };
}

/** An RPC that the caller sends items into, handled one after another; the answer is how many. */
export interface Sent<Item> extends Common<Item> {
  readonly kind: 'sent';
  readonly example: { readonly request: NoInfer<Item> };
}

/** An RPC in which both sides go on sending. It is over when its handler is. */
export interface Duplex<Request, Event> extends Common<Request> {
  readonly kind: 'duplex';
  readonly event: Wire<Event>;
  /** The first request, and an event. */
  readonly example: { readonly request: NoInfer<Request>; readonly event: NoInfer<Event> };
}

/** Any contract; `ControlPlaneHandlers` ensures that it fits its handler. */
export type AnyContract =
  | Unary<unknown, unknown>
  | Pushed<unknown, unknown, unknown>
  | Sent<unknown>
  | Duplex<unknown, unknown>;

export function unary<Request, Answer>(
  contract: Omit<Unary<Request, Answer>, 'kind'>,
): Unary<Request, Answer> {
  return { kind: 'unary', ...contract };
}

export function pushed<Request, Item, Piece>(
  contract: Omit<Pushed<Request, Item, Piece>, 'kind'>,
): Pushed<Request, Item, Piece> {
  return { kind: 'pushed', ...contract };
}

export function sent<Item>(contract: Omit<Sent<Item>, 'kind'>): Sent<Item> {
  return { kind: 'sent', ...contract };
}

export function duplex<Request, Event>(
  contract: Omit<Duplex<Request, Event>, 'kind'>,
): Duplex<Request, Event> {
  return { kind: 'duplex', ...contract };
}

const Incarnation = z.number().int().positive();

/** The agent that calls, as it was registered. */
export interface AgentCaller {
  readonly agentId: string;
  readonly incarnation: number;
}
export const Caller = { agentId: AgentId, incarnation: Incarnation };
export const EXAMPLE_CALLER: AgentCaller = { agentId: 'echo', incarnation: 1 };

/** Goes as it is. */
export const asItIs = <T extends object>(schema: z.ZodType<T>): Wire<T> => ({
  schema,
  encode: (value) => value,
});

/** An answer that says nothing but that it is done. */
export const NOTHING: Wire<void> = { schema: z.object({}).transform(() => undefined), encode: () => ({}) };

/** A message with one field. */
export const field = <T>(
  name: string,
  { schema, encode }: { schema: z.ZodType<T>; encode(value: T): unknown },
): Wire<T> => ({
  schema: z.object({ [name]: schema }).transform((message) => message[name] as T),
  encode: (value) => ({ [name]: encode(value) }),
});

/** A message with one repeated field. @param fit leaves out the items that are too many for one answer. @default all */
export const list = <T>(
  name: string,
  item: { schema: z.ZodType<T>; encode(value: T): unknown },
  fit: (items: readonly T[]) => readonly T[] = (items) => items,
): Wire<readonly T[]> =>
  field<readonly T[]>(name, {
    schema: z.array(item.schema),
    encode: (items) => fit(items).map((each) => item.encode(each)),
  });
