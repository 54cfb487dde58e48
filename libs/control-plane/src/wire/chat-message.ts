import { ChatMessage, Metadata } from '@parley/shared-models';
import type { Wire } from '../contracts/contract.ts';
import { messageKind, participantKind } from './enum-names.ts';
import { jsonText } from './json-text.ts';
import { withoutUnset } from './without-unset.ts';

function encode({ metadata, receiver, sender, ...message }: ChatMessage): object {
  return {
    ...message,
    kind: messageKind.encode(message.kind),
    sender: { ...sender, kind: participantKind.encode(sender.kind) },
    ...(receiver === undefined
      ? {}
      : { receiver: { ...receiver, kind: participantKind.encode(receiver.kind) } }),
    metadata: metadata === undefined ? '' : JSON.stringify(metadata),
  };
}

const Participant = ChatMessage.shape.sender.extend({ kind: participantKind.schema });

const schema = withoutUnset(
  ChatMessage.extend({
    kind: messageKind.schema,
    sender: Participant,
    receiver: Participant.nullish(),
    metadata: jsonText(Metadata).optional(),
  }),
  'metadata',
).transform(
  ({ receiver, ...message }): ChatMessage => ({
    ...message,
    ...(receiver === null || receiver === undefined ? {} : { receiver }),
  }),
);

export const Message: Wire<ChatMessage> = { schema, encode };
