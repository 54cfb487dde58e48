import type { LanguageModel } from '@parley/language-model';
import { CAPABILITIES } from '@parley/shared-models';

/** Says in an agent's profile which language model it uses, or that it follows offline rules. */
export function languageModelCapability(model: LanguageModel): string {
  // A capability has 64 characters at most.
  return `${CAPABILITIES.languageModelPrefix}${model.label}`.slice(0, 64);
}
