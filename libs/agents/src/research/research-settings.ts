import { AllowListSetting } from '@parley/research-tools/allow-list';

/** Settings of the research agents, for the processes that run them. */
export const ResearchSettings = {
  RESEARCH_FETCH_ALLOW: AllowListSetting.describe(
    'hosts whose pages research may read, such as "example.com, *.example.org"; unset: none',
  ),
};
