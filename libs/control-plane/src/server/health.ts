import type { Server, ServerWritableStream } from '@grpc/grpc-js';
import { serviceDefinitions } from '../proto-definitions.ts';
import { statusOf } from '../wire/error-status.ts';
import type { OpenStream, OpenStreams } from './serve-stream.ts';

export interface Health {
  setServing(isServing: boolean): void;
}

/**
 * Adds `grpc.health.v1.Health`. Serves from the start; all services of `parley.v1` and the server as a whole (the empty
 * name) share one state.
 */
export async function addHealthService(server: Server, open: OpenStreams): Promise<Health> {
  // The library reads its own .proto file as soon as it is imported, which only a server needs.
  const { HealthImplementation } = await import('grpc-health-check');
  const names = ['', ...[...serviceDefinitions().keys()].map((name) => `parley.v1.${name}`)];
  const health = new HealthImplementation(
    Object.fromEntries(names.map((name) => [name, 'SERVING' as const])),
  );
  health.addToServer({
    addService(service, implementation) {
      server.addService(service as Parameters<Server['addService']>[0], {
        ...implementation,
        watch(call: ServerWritableStream<unknown, unknown>) {
          endOnShutdown(call, open);
          implementation.watch?.(call as never, undefined as never);
        },
      });
    },
  });
  return {
    setServing(isServing) {
      for (const name of names) health.setStatus(name, isServing ? 'SERVING' : 'NOT_SERVING');
    },
  };
}

/** The library lets a watcher watch for ever, which would hold up a server that wants to leave. */
function endOnShutdown(call: ServerWritableStream<unknown, unknown>, open: OpenStreams): void {
  const stream: OpenStream = {
    end(error) {
      open.delete(stream);
      call.emit('error', statusOf(error));
    },
  };
  open.add(stream);
  call.once('cancelled', () => open.delete(stream));
}
