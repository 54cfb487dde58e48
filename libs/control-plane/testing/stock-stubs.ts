import { fileURLToPath } from 'node:url';
import {
  type Client,
  credentials,
  loadPackageDefinition,
  type Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath as healthProto } from 'grpc-health-check';

type Callback = (error: ServiceError | null, answer?: Record<string, unknown>) => void;
export interface StockStream extends AsyncIterable<Record<string, unknown>> {
  on(event: string, listener: (value: never) => void): this;
  once(event: string, listener: (value: never) => void): this;
  pause(): this;
  write(message: object): boolean;
  end(): void;
  cancel(): void;
}
/** The result of loading a .proto file: a method for each RPC, untyped. */
export type Stub = Client & Readonly<Record<string, (...args: unknown[]) => StockStream>>;

const PROTOS = fileURLToPath(new URL('../../../protos', import.meta.url));

/** A client of one service, made of a .proto file with the library's own defaults, as any author would make it. */
export function stockStub(file: string, service: string, url: string): Stub {
  const packages = loadPackageDefinition(
    loadSync(file, { includeDirs: [PROTOS], keepCase: true, longs: String, enums: String }),
  );
  let found: unknown = packages;
  for (const part of service.split('.')) found = (found as Record<string, unknown>)[part];
  return new (found as new (...args: unknown[]) => Stub)(url, credentials.createInsecure());
}

export const healthStub = (url: string): Stub => stockStub(healthProto, 'grpc.health.v1.Health', url);

export function call(
  stub: Stub,
  rpc: string,
  request: object,
  metadata?: Metadata,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const done: Callback = (error, answer) => (error === null ? resolve(answer ?? {}) : reject(error));
    stub[rpc]?.(...[request, metadata, done].filter((argument) => argument !== undefined));
  });
}
