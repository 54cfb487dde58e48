export { createLanguageModel, type LanguageModelOptions } from './create-language-model.ts';
export { findObject } from './find-object.ts';
export * from './language-model.ts';
export { checkModel, LanguageModelConfig, LanguageModelSettings } from './language-model-config.ts';
export type { ModelTool } from './model-tool.ts';
export { type ModelProbe, type ModelProbeOptions, probeModel } from './probe-model.ts';
export type { AnswerLimits } from './provider/answer-deadline.ts';
export * from './text-classification.ts';
export { withoutThoughts } from './thoughts.ts';
