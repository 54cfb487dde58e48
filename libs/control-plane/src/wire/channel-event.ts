import { JsonValue, PublishedEvent } from '@parley/shared-models';
import type { Wire } from '../contracts/contract.ts';
import { participantKind } from './enum-names.ts';
import { jsonText } from './json-text.ts';

function encode({ payload, source, ...event }: PublishedEvent): object {
  return {
    ...event,
    payload: JSON.stringify(payload),
    source: { ...source, kind: participantKind.encode(source.kind) },
  };
}

const schema = PublishedEvent.extend({
  payload: jsonText(JsonValue),
  source: PublishedEvent.shape.source.extend({ kind: participantKind.schema }),
});

export const Event: Wire<PublishedEvent> = { schema, encode };
