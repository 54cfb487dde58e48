import type { Server, UntypedHandleCall } from '@grpc/grpc-js';
import type { AnyContract } from '../contracts/contract.ts';
import type { ControlPlaneHandlers } from '../contracts/handlers.ts';
import { CONTRACTS } from '../contracts/index.ts';
import { serviceDefinition } from '../proto-definitions.ts';
import { type StreamServing, serveDuplex, servePushed } from './serve-stream.ts';
import { serveSent, serveUnary } from './serve-unary.ts';

type AnyHandler = (...args: unknown[]) => Promise<never>;

/** Adds every service of `parley.v1`: each RPC as its contract says, done by its handler. */
export function addServices(
  server: Server,
  { handlers, ...options }: StreamServing & { readonly handlers: ControlPlaneHandlers },
): void {
  const services = new Map<string, Record<string, UntypedHandleCall>>();
  for (const [name, contract] of Object.entries(CONTRACTS)) {
    const handle: AnyHandler = async (...args) => {
      // Looked up with each call: tests put others in their place.
      const handler = (handlers as unknown as Record<string, AnyHandler | undefined>)[name];
      if (handler === undefined) throw new Error(`there is no handler ${name}`);
      return handler(...args);
    };
    const rpcs = services.get(contract.service) ?? {};
    rpcs[contract.rpc] = serve(contract as unknown as AnyContract, handle, options);
    services.set(contract.service, rpcs);
  }
  for (const [service, rpcs] of services) server.addService(serviceDefinition(service), rpcs);
}

function serve(contract: AnyContract, handle: AnyHandler, options: StreamServing): UntypedHandleCall {
  switch (contract.kind) {
    case 'unary':
      return serveUnary(contract, handle, options) as UntypedHandleCall;
    case 'pushed':
      return servePushed(contract, handle, options) as UntypedHandleCall;
    case 'sent':
      return serveSent(contract, handle, options) as UntypedHandleCall;
    case 'duplex':
      return serveDuplex(contract, handle, options) as UntypedHandleCall;
  }
}
