export { calculate } from './calculate.ts';
export {
  createDataFolder,
  type DataFile,
  type DataFolder,
  type DataFolderOptions,
  SAMPLES,
} from './csv/data-folder.ts';
export { queryTable, type ResultRow, TableQuery } from './csv/query-table.ts';
export { EXCESS, parseTable, type Table, type TableOptions } from './csv/table.ts';
export {
  createPageFetcher,
  type FetchedPage,
  type FetchPage,
  type PageFetcherOptions,
} from './fetch/fetch-page.ts';
export { isPublicAddress } from './fetch/public-address.ts';
