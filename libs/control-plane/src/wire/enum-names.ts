import {
  AgentState,
  CommandOutput,
  CommandStateReport,
  CommandType,
  MessageKind,
  Participant,
} from '@parley/shared-models';
import { z } from 'zod';

/** A value of the model (`online`) as it is named in the .proto files (`AGENT_STATE_ONLINE`), and back. */
function enumNames<const Names extends Readonly<Record<string, string>>>(
  prefix: string,
  model: z.ZodEnum<Names>,
) {
  const values = new Map(Object.values(model.enum).map((value) => [String(value).toUpperCase(), value]));
  return {
    encode: (value: Names[keyof Names]): string => `${prefix}${value.toUpperCase()}`,
    /** Reads the name in the .proto files; anything unknown, and `..._UNSPECIFIED`, is refused. */
    schema: z
      .string()
      .transform((name) => name.replace(prefix, ''))
      .transform((name) => values.get(name) ?? name)
      .pipe(model),
  };
}

export const agentState = enumNames('AGENT_STATE_', AgentState);
/** The states that an agent may report about itself: it cannot say that it is offline. */
export const reportedState = enumNames('AGENT_STATE_', AgentState.exclude(['offline']));
export const commandType = enumNames('COMMAND_TYPE_', CommandType);
export const commandRunState = enumNames('COMMAND_RUN_STATE_', CommandStateReport.shape.state);
export const outputStream = enumNames('OUTPUT_STREAM_', CommandOutput.shape.stream);
export const messageKind = enumNames('MESSAGE_KIND_', MessageKind);
export const participantKind = enumNames('PARTICIPANT_KIND_', Participant.shape.kind);
