import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { AuditHead, signedText } from '@parley/shared-models';

/** Content of a file of shipped heads: the valid ones, and the problems of the others. */
export interface ShippedHeads {
  readonly heads: readonly AuditHead[];
  readonly problems: readonly string[];
}

/** @param pem an Ed25519 public key, or the private one that it belongs to. @throws Error when it is neither */
export function publicKeyOf(pem: string): KeyObject {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`an Ed25519 key is needed, not ${key.asymmetricKeyType}`);
  return key;
}

/**
 * Reads heads as a server ships them, one a line; text before the JSON, such as syslog's time and host, is left out.
 * @param key then only heads that it has signed count, and each other one is a problem
 */
export async function readShippedHeads(lines: AsyncIterable<string>, key?: KeyObject): Promise<ShippedHeads> {
  const heads: AuditHead[] = [];
  const problems: string[] = [];
  let number = 0;
  for await (const line of lines) {
    number += 1;
    const head = headIn(line);
    if (head === undefined) problems.push(`line ${number} of the heads is no head of the audit`);
    else if (key !== undefined && !isSigned(head, key))
      problems.push(`line ${number} of the heads, entry ${head.seq}, is not signed by this key`);
    else heads.push(head);
  }
  return { heads, problems };
}

function headIn(line: string): AuditHead | undefined {
  try {
    return AuditHead.parse(JSON.parse(line.slice(Math.max(0, line.indexOf('{')))));
  } catch {
    // The caller names the line.
    return undefined;
  }
}

const isSigned = (head: AuditHead, key: KeyObject): boolean =>
  head.signature !== undefined &&
  verify(null, Buffer.from(signedText(head)), key, Buffer.from(head.signature, 'base64'));
