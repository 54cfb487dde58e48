import { createAuditVerifier } from '@parley/shared-models';

/** What a look at the whole chain has found. */
export interface ChainReport {
  /** Entries that were read. */
  readonly count: number;
  readonly lastHash: string | undefined;
  /** The first thing that is wrong; undefined: nothing is. */
  readonly problem: string | undefined;
}

/**
 * Verifies the audit from its first entry on, as it is exported.
 * @param lines text of the export, cut anywhere
 * @param head the last entry, as the server remembers it apart from the entries: the end cannot be cut off unseen
 * @param onProgress is told now and then how many entries were read
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
    // What was entered since the server was asked for its last entry is verified too.
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

/** Of a line that is no JSON the verifier says so. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return line;
    throw error;
  }
}

/** By the browser, which does so only on a safe connection. */
export async function sha256InBrowser(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
