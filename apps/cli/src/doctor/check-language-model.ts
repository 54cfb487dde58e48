import { LanguageModelConfig, type ModelProbeOptions, probeModel } from '@parley/language-model';
import { loadConfig } from '@parley/process-kit';
import { type Finding, messageOf } from './check.ts';

/** The language model of these settings, as broker and agents that are started with them would use it; nothing without. */
export async function checkLanguageModel(
  env: NodeJS.ProcessEnv,
  options?: ModelProbeOptions,
): Promise<Finding[]> {
  const name = 'Language model';
  try {
    const probe = await probeModel(loadConfig(LanguageModelConfig, env), options);
    return probe === undefined ? [] : [{ name, ...probe }];
  } catch (error) {
    return [{ name, isOk: false, found: messageOf(error), advice: 'Mend these settings.' }];
  }
}
