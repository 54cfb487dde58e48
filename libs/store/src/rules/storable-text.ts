import type { UnstoredMessage } from '@parley/shared-models';

/**
 * Text as every database can hold it: NUL and halves of surrogate pairs become U+FFFD. PostgreSQL's text cannot hold
 * NUL. Done before anything is compared, or a message with one of them would not be recognised when it is sent again.
 */
export function storableText(text: string): string {
  const wellFormed = text.isWellFormed() ? text : text.toWellFormed();
  return wellFormed.replaceAll('\u0000', '\uFFFD');
}

/** The same for what a message has in columns of text. */
export function storableMessage(message: UnstoredMessage): UnstoredMessage {
  const { text, sender } = message;
  const storable = storableText(text);
  const id = storableText(sender.id);
  const name = storableText(sender.name);
  if (storable === text && id === sender.id && name === sender.name) return message;
  return { ...message, text: storable, sender: { ...sender, id, name } };
}
