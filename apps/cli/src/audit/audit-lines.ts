import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { ErrorReport, ParleyError } from '@parley/shared-models';
import { CommandFailure, EXIT } from '../exit-codes.ts';
import type { GlobalOptions } from '../global-options.ts';

/** The lines of an export, from a file or from the server. Empty ones are left out. */
export async function* auditLines(
  from: { readonly file: string } | { readonly server: GlobalOptions },
): AsyncGenerator<string> {
  const input = 'file' in from ? await openFile(from.file) : await openExport(from.server);
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') yield line;
  }
}

async function openFile(file: string): Promise<Readable> {
  const stream = createReadStream(file);
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.once('error', (error) => reject(new CommandFailure(EXIT.usage, `${file}: ${error.message}`)));
  });
  return stream;
}

async function openExport({ url, token }: GlobalOptions): Promise<Readable> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  let answer: Response;
  try {
    answer = await fetch(`${url}/api/audit/export`, { headers });
  } catch (cause) {
    throw new ParleyError('unavailable', `${url} cannot be reached`, { cause });
  }
  if (!answer.ok || answer.body === null) {
    const report = ErrorReport.safeParse(await answer.json());
    if (report.success) throw new ParleyError(report.data.code, report.data.message);
    throw new ParleyError('internal', `${url} answers ${answer.status}`);
  }
  return Readable.fromWeb(answer.body as ReadableStream);
}
