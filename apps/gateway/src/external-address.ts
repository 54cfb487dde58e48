import { createHash } from 'node:crypto';
import { isSecret } from '@parley/process-kit';
import { deriveId } from '@parley/shared-models';

/** An external server, and the ids that follow from its address. */
export interface ExternalAddress {
  /** To connect with: with its secrets. */
  readonly url: string;
  /** For logs and lists: without user, password, and the values of the query. */
  readonly shown: string;
  /** The same for the same address and user id, also when a token in it changes. */
  readonly gatewayId: string;
  /** The one conversation of an external user; with an empty id, of all users without an id. */
  conversationOf(userId: string): string;
  /** The id of a message in Parley, from its external id: the same message twice has one id. */
  messageOf(userId: string, externalId: string): string;
}

/** The namespace of all ids of gateways: a UUIDv7 that was made once. */
const NAMESPACE = '019aa0d4-6d00-7000-8000-0e00c0ffee00';

/** @param template a `ws://` or `wss://` URL; `{user_id}` in it becomes the user id, URL-encoded */
export function externalAddress(template: string, userId: string): ExternalAddress {
  const url = template.replaceAll('{user_id}', encodeURIComponent(userId));
  const gatewayId = deriveId(NAMESPACE, 'gateway', sha256(`${withoutSecrets(url)}\n${userId}`));
  return {
    url,
    shown: shownUrl(url),
    gatewayId,
    // Strangers choose these ids: hashed first, no id can be made to meet the derived id of another.
    conversationOf: (user) => deriveId(gatewayId, 'conversation', sha256(user)),
    messageOf: (user, externalId) => deriveId(gatewayId, 'message', sha256(user), sha256(externalId)),
  };
}

function withoutSecrets(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  for (const name of [...url.searchParams.keys()]) if (isSecret(name)) url.searchParams.delete(name);
  return url.href;
}

function shownUrl(address: string): string {
  const url = new URL(address);
  const names = [...new Set(url.searchParams.keys())];
  url.search = '';
  url.hash = '';
  const credentials = url.username === '' && url.password === '' ? '' : '***@';
  url.username = '';
  url.password = '';
  const query =
    names.length === 0 ? '' : `?${names.map((name) => `${encodeURIComponent(name)}=***`).join('&')}`;
  return `${url.href.replace('://', `://${credentials}`)}${query}`.slice(0, 2048);
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
