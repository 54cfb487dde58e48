import { JsonValue, PublishedEvent } from '@parley/shared-models';
import { z } from 'zod';
import type { Wire } from '../contracts/contract.ts';
import { participantKind } from './enum-names.ts';

function encode({ payload, source, ...event }: PublishedEvent): object {
  return {
    ...event,
    payload: JSON.stringify(payload),
    source: { ...source, kind: participantKind.encode(source.kind) },
  };
}

const schema = PublishedEvent.extend({
  payload: z.string(),
  source: PublishedEvent.shape.source.extend({ kind: participantKind.schema }),
}).transform(
  ({ payload, ...event }): PublishedEvent => ({ ...event, payload: JsonValue.parse(JSON.parse(payload)) }),
);

export const Event: Wire<PublishedEvent> = { schema, encode };
