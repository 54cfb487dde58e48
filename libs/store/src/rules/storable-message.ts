import { storableText, type UnstoredMessage } from '@parley/shared-models';

/**
 * What a message has in columns of text, as every database can hold it. Done before anything is compared, or a message with
 * NUL would not be recognised when it is sent again.
 */
export function storableMessage(message: UnstoredMessage): UnstoredMessage {
  const { text, sender } = message;
  const storable = storableText(text);
  const id = storableText(sender.id);
  const name = storableText(sender.name);
  if (storable === text && id === sender.id && name === sender.name) return message;
  return { ...message, text: storable, sender: { ...sender, id, name } };
}
