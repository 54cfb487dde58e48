import { AuditEntry } from './audit.ts';
import { canonicalJson } from './canonical-json.ts';

/** `prevHash` of the first entry. */
export const FIRST_PREV_HASH = '0'.repeat(64);

/** The bytes of an entry that are hashed. */
export function hashedText(entry: Omit<AuditEntry, 'hash'>): string {
  const { prevHash, ...content } = entry;
  // Callers may hand in an entry whole.
  const { hash: _, ...unhashed } = content as Omit<AuditEntry, 'prevHash'>;
  return prevHash + canonicalJson(unhashed);
}

/** Something wrong with the chain, and where. */
export interface AuditProblem {
  /** `changed`: not the hashed content; `missing`: entries are left out; `reordered`: not after the one before; `malformed`: no entry. */
  readonly kind: 'changed' | 'missing' | 'reordered' | 'malformed';
  /** The entry's `seq`, as far as it can be told; of missing ones the first. */
  readonly seq: number;
  /** Which one it is among those handed in, from 1. */
  readonly position: number;
  /** A sentence for a person. */
  readonly message: string;
}

/** Looks at entries one after another, so that an export of any length can be verified. */
export interface AuditVerifier {
  /** The next entry, as parsed JSON of unknown shape. Returns its problems. */
  next(entry: unknown): Promise<AuditProblem[]>;
  /** So many entries were handed in. */
  readonly count: number;
  /** The last entry that was read; its hash is the state of the whole chain. */
  readonly last: { readonly seq: number; readonly hash: string } | undefined;
}

/**
 * Verifies the chain from its first entry on.
 * @param sha256 the hexadecimal SHA-256 of a text in UTF-8
 * @param start the entry before the first one. @default the beginning of the chain
 */
export function createAuditVerifier(
  sha256: (text: string) => string | Promise<string>,
  start: { readonly seq: number; readonly hash: string } = { seq: 0, hash: FIRST_PREV_HASH },
): AuditVerifier {
  let last: { seq: number; hash: string } | undefined;
  let count = 0;
  return {
    get count() {
      return count;
    },
    get last() {
      return last;
    },
    async next(unparsed) {
      count += 1;
      const position = count;
      const before = last ?? start;
      const parsed = AuditEntry.safeParse(unparsed);
      if (!parsed.success) {
        const message = `line ${position} is no audit entry: ${parsed.error.issues[0]?.message ?? 'malformed'}`;
        return [{ kind: 'malformed', seq: before.seq + 1, position, message }];
      }
      // Not the output of the schema: a field that the schema does not know was not hashed, and so was added.
      const entry = unparsed as AuditEntry;
      const problems: AuditProblem[] = [];
      const found = (kind: AuditProblem['kind'], seq: number, message: string): void => {
        problems.push({ kind, seq, position, message });
      };
      const expected = before.seq + 1;
      if (entry.seq > expected) {
        const gap =
          entry.seq - 1 > expected ? `entries ${expected} to ${entry.seq - 1} are` : `entry ${expected} is`;
        found('missing', expected, `${gap} missing before entry ${entry.seq}`);
      } else if (entry.seq < expected) {
        found('reordered', entry.seq, `entry ${entry.seq} comes after entry ${before.seq}`);
      }
      if ((await sha256(hashedText(entry))) !== entry.hash) {
        found(
          'changed',
          entry.seq,
          `entry ${entry.seq} (${entry.action}) was changed: its hash does not fit`,
        );
      } else if (entry.seq === expected && entry.prevHash !== before.hash) {
        found(
          'changed',
          entry.seq,
          `entry ${entry.seq} (${entry.action}) does not follow entry ${before.seq}: it was written anew, or that one was`,
        );
      }
      last = { seq: entry.seq, hash: entry.hash };
      return problems;
    },
  };
}
