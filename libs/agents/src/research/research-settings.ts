import path from 'node:path';
import {
  AllowListSetting,
  createDataFolder,
  createPageFetcher,
  type DataFolder,
  type FetchPage,
} from '@parley/research-tools';

/** Settings of the research agents, for the processes that run them. */
export const ResearchSettings = {
  RESEARCH_FETCH_ALLOW: AllowListSetting.describe(
    'hosts whose pages research may read, such as "example.com, *.example.org"; unset: none',
  ),
};

/** What the research agents read: the samples, the operator's files in `research/` of the data folder, allowed pages. */
export function createResearchTools(config: {
  readonly DATA_DIR: string;
  readonly RESEARCH_FETCH_ALLOW: readonly string[];
}): { readonly data: DataFolder; readonly fetchPage: FetchPage } {
  return {
    data: createDataFolder({ own: path.join(config.DATA_DIR, 'research') }),
    fetchPage: createPageFetcher({ allow: config.RESEARCH_FETCH_ALLOW }),
  };
}
