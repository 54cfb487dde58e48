import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, type ServiceClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

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

type Constructors = Readonly<Record<ServiceName, ServiceClientConstructor>>;

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

let loaded: Constructors | undefined;

/** The client constructor of each service, from the .proto files. Parsed on the first call, then kept. */
export function serviceConstructors(): Constructors {
  loaded ??= load();
  return loaded;
}

export function serviceDefinition(name: ServiceName): ServiceDefinition {
  return serviceConstructors()[name].service;
}

function load(): Constructors {
  const definition = loadSync(
    FILES.map((file) => `parley/v1/${file}.proto`),
    { includeDirs: [PROTOS], keepCase: false, longs: Number, enums: String, defaults: true, arrays: true },
  );
  const packages = loadPackageDefinition(definition) as unknown as { parley: { v1: Constructors } };
  return packages.parley.v1;
}
