import { readFileSync } from 'node:fs';
import { HEADERS, QueueMessageType, Signals } from '@parley/shared-models';
import { docComments, meaningOf } from './doc-comments.ts';
import { fieldTable } from './field-table.ts';
import { linkTo } from './objects.ts';
import { table } from './table.ts';

const source = readFileSync(
  new URL('../../libs/shared-models/src/queue-messages.ts', import.meta.url),
  'utf8',
);

/** The values of the AMQP property `type`, from the comment that describes them. */
export function queueMessages(): string {
  const lines = source.matchAll(/^ \* - `([\w.]+)`\s+(.+): (.+?)\. Body: `(\w+)`\.$/gm);
  const rows = new Map(
    [...lines].map(([, type = '', way = '', meaning = '', body = '']) => [
      type,
      [`\`${type}\``, way, meaning, linkTo(body)],
    ]),
  );
  return table(
    ['`type`', 'from → to', 'what', 'body'],
    QueueMessageType.options.map((type) => {
      const row = rows.get(type);
      if (row === undefined) throw new Error(`the comment of QueueMessageType does not tell of ${type}`);
      return row;
    }),
  );
}

export function headers(): string {
  const comments = docComments(source, 'export const HEADERS = {');
  return table(
    ['header', 'meaning'],
    Object.entries(HEADERS).map(([key, header]) => [`\`${header}\``, meaningOf(comments, key)]),
  );
}

/** One section for each signal. */
export function signals(): string {
  const comments = docComments(source, 'export const Signals = {');
  return Object.entries(Signals)
    .map(([type, body]) => `#### \`${type}\`\n\n${meaningOf(comments, type)}\n\n${fieldTable(body)}`)
    .join('\n\n');
}
