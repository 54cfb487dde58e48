import { ChatMessage, Metadata } from '@parley/shared-models';
import { z } from 'zod';
import type { Wire } from '../contracts/contract.ts';
import { messageKind, participantKind } from './enum-names.ts';

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

const schema = ChatMessage.extend({
  kind: messageKind.schema,
  sender: Participant,
  receiver: Participant.nullish(),
  metadata: z.string(),
}).transform(({ metadata, receiver, inReplyTo, ...message }, context): ChatMessage => {
  const parsed = metadata === '' ? undefined : parseMetadata(metadata);
  if (parsed?.success === false) context.addIssue('metadata: no JSON object');
  return {
    ...message,
    ...(receiver === null || receiver === undefined ? {} : { receiver }),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    ...(parsed?.success === true ? { metadata: parsed.data } : {}),
  };
});

export const Message: Wire<ChatMessage> = { schema, encode };

function parseMetadata(text: string): z.ZodSafeParseResult<z.infer<typeof Metadata>> {
  try {
    return Metadata.safeParse(JSON.parse(text));
  } catch (error) {
    // Text that is no JSON is refused as a value that is no object.
    return Metadata.safeParse(error instanceof Error ? error.message : undefined);
  }
}
