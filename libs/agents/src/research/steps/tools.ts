import type { LanguageModel } from '@parley/language-model';
import type { DataFolder, FetchPage } from '@parley/research-tools';

/** Tools of the executors. */
export interface Tools {
  readonly data: DataFolder;
  readonly fetchPage: FetchPage;
  readonly model: LanguageModel;
}
