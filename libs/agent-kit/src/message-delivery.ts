import { STEP_CALL, StepCall } from '@parley/durable-tasks';
import { bodyOf, type Delivery, Reject } from '@parley/messaging';
import { appendHop, ChatMessage, decodeSessionHint, HEADERS, redeliveredHop } from '@parley/shared-models';

export function attemptOf({ envelope }: Delivery): number {
  return Number(envelope.headers[HEADERS.attempt] ?? 0);
}

export function endsSession({ envelope }: Delivery): boolean {
  const hint = envelope.headers[HEADERS.session];
  if (hint === undefined) return false;
  try {
    return decodeSessionHint(String(hint)).isEnding;
  } catch (cause) {
    throw new Reject('malformed_message', 'the header "session" is malformed', { cause });
  }
}

/** It is for the process that has replaced this one, which does not know of that yet. */
export function refuseForLaterIncarnation({ envelope }: Delivery, own: number): void {
  const wanted = Number(envelope.headers[HEADERS.incarnation] ?? 0);
  if (wanted > own) throw new Error(`the message is for incarnation ${wanted}, this is ${own}`);
}

export function parseRequest(delivery: Delivery): ChatMessage {
  const { envelope } = delivery;
  if (envelope.type !== 'chat.message') {
    throw new Reject(
      'malformed_message',
      `an agent takes chat.message, not ${JSON.stringify(envelope.type.slice(0, 64))}`,
    );
  }
  return bodyOf(envelope, ChatMessage, 'chat message');
}

/** The hops of a message delivered to this agent, and its number of earlier deliveries. */
export function hopsBefore({ envelope, redeliveries }: Delivery): string {
  const hops = String(envelope.headers[HEADERS.hops] ?? '');
  return redeliveries === 0 ? hops : appendHop(hops, redeliveredHop(redeliveries));
}

/** The step that a message asks for, if it is one of a task. Only servers write such messages. */
export function stepCallOf({ sender, metadata }: ChatMessage): StepCall | undefined {
  const given = metadata?.[STEP_CALL];
  if (sender.kind !== 'agent' || given === undefined) return undefined;
  const call = StepCall.safeParse(given);
  if (call.success) return call.data;
  throw new Reject('malformed_message', 'the step is not valid', { cause: call.error });
}
