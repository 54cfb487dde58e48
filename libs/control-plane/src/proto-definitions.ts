import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const PROTOS = fileURLToPath(new URL('../../../protos/', import.meta.url));

let services: ReadonlyMap<string, ServiceDefinition> | undefined;

/** The services of package `parley.v1`, by their names in the .proto files, which are parsed on the first call, then kept. */
export function serviceDefinitions(): ReadonlyMap<string, ServiceDefinition> {
  services ??= load();
  return services;
}

export function serviceDefinition(name: string): ServiceDefinition {
  const found = serviceDefinitions().get(name);
  if (found === undefined) throw new Error(`There is no service ${name} in ${PROTOS}.`);
  return found;
}

/** How an RPC's messages become bytes and back. */
export function methodOf({
  service,
  rpc,
}: {
  readonly service: string;
  readonly rpc: string;
}): MethodDefinition<object, object> {
  const method = serviceDefinition(service)[rpc];
  if (method === undefined) throw new Error(`${service} has no rpc ${rpc}`);
  return method;
}

function load(): ReadonlyMap<string, ServiceDefinition> {
  const files = readdirSync(`${PROTOS}parley/v1`).filter((file) => file.endsWith('.proto'));
  const loaded = loadSync(
    files.map((file) => `parley/v1/${file}`),
    { includeDirs: [PROTOS], keepCase: false, longs: Number, enums: String, defaults: true, arrays: true },
  );
  return new Map(
    Object.entries(loaded).flatMap(([name, definition]) =>
      // Messages and enums have a format, services do not.
      'format' in definition ? [] : [[name.replace('parley.v1.', ''), definition] as const],
    ),
  );
}
