import { ChatMessage, Metadata } from '@parley/shared-models';
import { z } from 'zod';
import { messageKind, participantKind } from './enum-names.ts';

/** A message in the shape that the .proto files give it. */
export function encodeMessage({ metadata, receiver, sender, ...message }: ChatMessage): object {
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

const Participant = ChatMessage.shape.sender.extend({ kind: participantKind.wire });

/** And back. */
export const WireMessage = ChatMessage.extend({
  kind: messageKind.wire,
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

function parseMetadata(text: string): z.ZodSafeParseResult<z.infer<typeof Metadata>> {
  try {
    return Metadata.safeParse(JSON.parse(text));
  } catch (error) {
    // Text that is no JSON is refused as a value that is no object.
    return Metadata.safeParse(error instanceof Error ? error.message : undefined);
  }
}
