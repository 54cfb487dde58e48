import { AgentState, CommandOutput, CommandType } from '@parley/shared-models';
import { z } from 'zod';

/** A value of the model (`online`) as it is named in the .proto files (`AGENT_STATE_ONLINE`), and back. */
function enumNames<const Names extends Readonly<Record<string, string>>>(
  prefix: string,
  model: z.ZodEnum<Names>,
) {
  return {
    encode: (value: Names[keyof Names]): string => `${prefix}${value.toUpperCase()}`,
    /** Reads the name in the .proto files; anything unknown, and `..._UNSPECIFIED`, is refused. */
    wire: z
      .string()
      .transform((name) => name.replace(prefix, '').toLowerCase())
      .pipe(model),
  };
}

export const agentState = enumNames('AGENT_STATE_', AgentState);
/** The states that an agent may report about itself: it cannot say that it is offline. */
export const reportedState = enumNames('AGENT_STATE_', AgentState.exclude(['offline']));
export const commandType = enumNames('COMMAND_TYPE_', CommandType);
export const outputStream = enumNames('OUTPUT_STREAM_', CommandOutput.shape.stream);
