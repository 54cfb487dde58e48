import type { DataFolder } from '@parley/research-tools';

/** A share of which there are prices. */
export interface Company {
  readonly symbol: string;
  readonly name: string;
  /** Further names, in lower case. */
  readonly also: readonly string[];
}

/** Every share in the data folder, by its symbol. */
export async function listCompanies(data: DataFolder): Promise<Company[]> {
  const files = await data.list();
  const symbols = files.flatMap(({ name }) => /^prices\/([^/]+)$/.exec(name)?.[1]?.toUpperCase() ?? []);
  // Symbols do for names where that file is not as it must be.
  const names = files.some(({ name }) => name === 'companies')
    ? (await data.read('companies', { isLenient: true })).rows
    : [];
  return symbols.map((symbol) => {
    const row = names.find((each) => each.symbol?.toUpperCase() === symbol);
    const also = (row?.also ?? '').toLowerCase().split('|');
    return { symbol, name: row?.name || symbol, also: also.filter((name) => name !== '') };
  });
}
