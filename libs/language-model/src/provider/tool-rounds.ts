import { isStepCount, type PrepareStepFunction, type StopCondition, type Tool, tool } from 'ai';
import type { ModelTool } from '../model-tool.ts';

/** Requests to the provider for one answer: the last one gets no tools any more and so must be text. */
const MAX_ROUNDS = 8;

type VendorTools = Record<string, Tool>;

export interface ToolRounds {
  /** Options for the AI SDK's `streamText`. */
  readonly settings: {
    readonly tools?: VendorTools;
    readonly stopWhen?: StopCondition<VendorTools>;
    readonly prepareStep?: PrepareStepFunction<VendorTools>;
  };
  /** Rethrows a tool's error: the AI SDK would only tell the model. */
  throwIfFailed(): void;
}

/** The tools as the AI SDK wants them. Calls of one round run one after another, in the model's order. */
export function openToolRounds(tools: readonly ModelTool[] = []): ToolRounds {
  let failure: { readonly error: unknown } | undefined;
  if (tools.length === 0) return { settings: {}, throwIfFailed: () => {} };
  let last: Promise<unknown> = Promise.resolve();

  const run = async (modelTool: ModelTool, input: unknown): Promise<string> => {
    if (failure !== undefined) throw failure.error;
    try {
      return await modelTool.run(input);
    } catch (error) {
      failure ??= { error };
      throw error;
    }
  };
  const vendorTools = tools.map((modelTool) => {
    const execute = (input: unknown): Promise<string> => {
      const done = last.then(() => run(modelTool, input));
      // The next call waits for this one, however it ends; its own caller sees how.
      last = done.catch(() => undefined);
      return done;
    };
    const { description, input: inputSchema } = modelTool;
    return [modelTool.name, tool({ description, inputSchema, execute }) as Tool] as const;
  });

  return {
    settings: {
      tools: Object.fromEntries(vendorTools),
      stopWhen: isStepCount(MAX_ROUNDS),
      prepareStep: ({ stepNumber }) => (stepNumber < MAX_ROUNDS - 1 ? {} : { toolChoice: 'none' }),
    },
    throwIfFailed() {
      if (failure !== undefined) throw failure.error;
    },
  };
}
