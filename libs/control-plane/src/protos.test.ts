import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { AgentState, CommandOutput, CommandStateReport, CommandType } from '@parley/shared-models';
import { serviceDefinitions } from './proto-definitions.ts';
import { agentState, commandRunState, commandType, outputStream } from './wire/enum-names.ts';

const FOLDER = fileURLToPath(new URL('../../../protos/parley/v1/', import.meta.url));
const files = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(`${FOLDER}${name}`, 'utf8') }));

/** The values of an enum in the .proto files, without the unset one. */
function valuesOf(name: string): string[] {
  const body = files
    .map(({ text }) => new RegExp(`enum ${name} \\{([^}]*)\\}`).exec(text)?.[1])
    .find(Boolean);
  return [...(body ?? '').matchAll(/^ {2}([A-Z_]+) = [1-9]/gm)].map(([, value]) => value ?? '');
}

describe('the .proto files', () => {
  it('have the services and RPCs that the protocol names, of the kind it names', () => {
    const rpcs = [...serviceDefinitions()].map(([service, definition]) => [
      service,
      Object.entries(definition).map(
        ([name, { requestStream, responseStream }]) =>
          `${requestStream ? 'stream ' : ''}${name}${responseStream ? ' stream' : ''}`,
      ),
    ]);
    expect(Object.fromEntries(rpcs)).toEqual({
      AgentRegistrationService: ['RegisterAgent', 'UnregisterAgent', 'Heartbeat'],
      BrokerRegistrationService: ['RegisterBroker', 'UnregisterBroker'],
      AgentStatusService: ['GetAgentStatus', 'SubscribeToAgentStatus stream'],
      CommandService: [
        'ReceiveCommands stream',
        'SendCommandState',
        'stream SendCommandOutput',
        'SendCommandResult',
      ],
      AgentMemoryService: ['Get', 'Put', 'Delete', 'History'],
      AgentConversationService: ['History', 'Ask', 'CancelAsk', 'IsWanted'],
      AgentChannelService: ['ListEvents'],
      QueueService: ['stream ConnectQueue stream'],
      AgentHost: ['stream Work stream'],
      TaskService: [
        'CreateTask',
        'RefineTask',
        'CancelTask',
        'GetTask',
        'ListTasks',
        'ClaimTasks',
        'RenewLeases',
        'ReleaseTask',
        'SaveTask',
        'RunStep',
      ],
    });
  });

  it('have the same enums as the models', () => {
    expect(valuesOf('AgentState')).toEqual(AgentState.options.map(agentState.encode));
    expect(valuesOf('CommandType')).toEqual(CommandType.options.map(commandType.encode));
    expect(valuesOf('CommandRunState')).toEqual(
      CommandStateReport.shape.state.options.map(commandRunState.encode),
    );
    expect(valuesOf('OutputStream')).toEqual(CommandOutput.shape.stream.options.map(outputStream.encode));
  });

  it.each(files)('explain every service, message, rpc, field and value: $name', ({ text }) => {
    const lines = text.split('\n');
    const unexplained = lines.filter((line, index) => {
      const isDeclaration =
        /^(service|message|enum) \w+ \{/.test(line) || /^ {2}(rpc .*|.* = \d+);$/.test(line);
      return isDeclaration && !/^\s*\/\/ ./.test(lines[index - 1] ?? '');
    });
    expect(unexplained).toEqual([]);
  });
});
