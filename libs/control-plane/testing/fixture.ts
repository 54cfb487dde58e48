import {
  type ControlPlaneClient,
  type ControlPlaneClientOptions,
  createControlPlaneClient,
} from '../src/client/create-client.ts';
import {
  type ControlPlaneServer,
  type ControlPlaneServerOptions,
  startControlPlaneServer,
} from '../src/server/start-server.ts';
import { cleanUpAfterEach } from './cleanup.ts';
import { createInMemoryHandlers, type InMemoryHandlers } from './in-memory-handlers.ts';
import { type RecordingLogger, recordingLogger } from './recording-logger.ts';

export interface Served {
  readonly server: ControlPlaneServer;
  readonly handlers: InMemoryHandlers;
  readonly logger: RecordingLogger;
  readonly url: string;
}

export interface ServeOptions extends Partial<Omit<ControlPlaneServerOptions, 'handlers' | 'logger'>> {
  readonly handlers?: InMemoryHandlers;
}

/** Real servers and clients on loopback, gone after each test. Call at the top of a `describe`. */
export function onLoopback() {
  const stopLater = cleanUpAfterEach();
  return {
    stopLater,
    async serve(options: ServeOptions = {}): Promise<Served> {
      const handlers = options.handlers ?? createInMemoryHandlers();
      const logger = recordingLogger();
      const server = stopLater(
        await startControlPlaneServer({ host: '127.0.0.1', port: 0, ...options, handlers, logger }),
      );
      return { server, handlers, logger, url: `127.0.0.1:${server.port}` };
    },
    connect(url: string, options: Partial<ControlPlaneClientOptions> = {}): ControlPlaneClient {
      return stopLater(createControlPlaneClient({ url, logger: recordingLogger(), ...options }));
    },
  };
}
