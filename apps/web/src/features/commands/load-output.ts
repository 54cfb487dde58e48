import type { HttpApi } from '@parley/client';

/** All that is kept of a command's output, as it was printed: with colours, both streams in their order. */
export async function loadOutput(http: Pick<HttpApi, 'commandOutput'>, id: string): Promise<string> {
  let text = '';
  let afterSeq = 0;
  for (let hasMore = true; hasMore; ) {
    const page = await http.commandOutput(id, { afterSeq });
    text += page.pieces.map(({ data }) => data).join('');
    const last = page.pieces.at(-1)?.seq;
    hasMore = page.hasMore && last !== undefined;
    afterSeq = last ?? afterSeq;
  }
  return text;
}
