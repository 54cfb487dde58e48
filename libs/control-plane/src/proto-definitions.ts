import { fileURLToPath } from 'node:url';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';

/** Every service of package `parley.v1`, by its name in the .proto files. */
export const SERVICE_NAMES = [
  'AgentRegistrationService',
  'AgentStatusService',
  'BrokerRegistrationService',
  'CommandService',
  'AgentMemoryService',
  'AgentConversationService',
  'AgentChannelService',
  'TaskService',
] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

const PROTOS = fileURLToPath(new URL('../../../protos/', import.meta.url));
const FILES = [
  'agent_registration',
  'agent_status',
  'broker_registration',
  'command',
  'memory',
  'agent_conversation',
  'agent_channel',
  'task',
];

let loaded: PackageDefinition | undefined;

/** The methods of a service, from the .proto files. They are parsed on the first call, then kept. */
export function serviceDefinition(name: ServiceName): ServiceDefinition {
  loaded ??= load();
  const found = loaded[`parley.v1.${name}`];
  // Messages and enums have a format, services do not.
  if (found === undefined || 'format' in found) throw new Error(`There is no service ${name} in ${PROTOS}.`);
  return found;
}

function load(): PackageDefinition {
  return loadSync(
    FILES.map((file) => `parley/v1/${file}.proto`),
    { includeDirs: [PROTOS], keepCase: false, longs: Number, enums: String, defaults: true, arrays: true },
  );
}
