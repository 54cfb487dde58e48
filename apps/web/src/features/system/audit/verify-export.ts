import { createAuditVerifier } from '@parley/shared-models';

/** The result of a verification of the whole chain. */
export interface ChainReport {
  /** The number of entries that were read. */
  readonly count: number;
  readonly lastHash: string | undefined;
  /** The first problem; undefined when the chain is intact. */
  readonly problem: string | undefined;
}

/**
 * Verifies an export of the audit from its first entry on.
 * @param lines text of the export, in chunks
 * @param head the last entry, which the server keeps apart from the entries: removed entries at the end are noticed
 * @param onProgress called from time to time with the number of entries that were read
 */
export async function verifyExport(
  lines: AsyncIterable<string>,
  head: { readonly seq: number; readonly hash: string },
  sha256: (text: string) => Promise<string>,
  onProgress: (count: number) => void = () => undefined,
): Promise<ChainReport> {
  const verifier = createAuditVerifier(sha256);
  const report = (problem: string | undefined): ChainReport => ({
    count: verifier.count,
    lastHash: verifier.last?.hash,
    problem,
  });
  for await (const line of wholeLines(lines)) {
    const [problem] = await verifier.next(parsed(line));
    if (problem !== undefined) return report(problem.message);
    if (verifier.count % 200 === 0) onProgress(verifier.count);
    // Entries that were added after `head` was read are verified too.
    if (verifier.last?.seq === head.seq && verifier.last.hash !== head.hash)
      return report(`entry ${head.seq} is not the one that the server remembers`);
  }
  if ((verifier.last?.seq ?? 0) < head.seq)
    return report(`the last ${head.seq - (verifier.last?.seq ?? 0)} entries are missing`);
  return report(undefined);
}

async function* wholeLines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line !== '');
  }
  if (rest !== '') yield rest;
}

/** The verifier reports a line that is not JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return line;
    throw error;
  }
}

/** Uses the browser's `crypto.subtle`, which exists only in secure contexts. */
export async function sha256InBrowser(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
