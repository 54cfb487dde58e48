import { Socket } from 'node:net';
import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import fastifyWebsocket, { type WebsocketPluginOptions } from '@fastify/websocket';
import type { Logger } from '@parley/process-kit';
import { ERRORS, type ErrorReport, LIMITS, reportOf } from '@parley/shared-models';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import {
  hasZodFastifySchemaValidationErrors,
  jsonSchemaTransform,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { ServerConfig } from '../config.ts';
import type { ServerServices } from '../server-services.ts';
import type { Authenticator } from '../users/authenticator.ts';
import { VERSION } from '../version.ts';
import { chooseSubprotocol } from '../websocket/websocket-route.ts';
import { registerAuthorization } from './authorization.ts';
import { registerBrowserHeaders } from './browser-headers.ts';
import { registerOriginCheck } from './origin-check.ts';

export type App = FastifyInstance<
  import('node:http').Server,
  import('node:http').IncomingMessage,
  import('node:http').ServerResponse,
  FastifyBaseLogger,
  ZodTypeProvider
>;

const WEB_SOCKET_OPTIONS: WebsocketPluginOptions['options'] & {
  /** How long a client may take to answer a close frame; the types of `ws` do not know it. */
  readonly closeTimeout: number;
} = {
  maxPayload: LIMITS.frameBytes,
  closeTimeout: LIMITS.closeTimeoutMs,
  handleProtocols: chooseSubprotocol,
  perMessageDeflate: false,
  // `registerWebSocketRoute` knows them.
  clientTracking: false,
};

/**
 * Fastify with the parts that all routes share: zod at the edge, errors with codes, origins checked, OpenAPI at
 * `/docs`.
 */
export async function createApp(
  config: ServerConfig,
  logger: Logger,
  authenticator: Authenticator,
  { audit, userLimits }: Partial<Pick<ServerServices, 'audit' | 'userLimits'>> = {},
): Promise<App> {
  const app = fastify({
    loggerInstance: logger as FastifyBaseLogger,
    // A line for each request would bury the lines that an operator looks for; failures are logged below.
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    // Nobody else may say where a request comes from.
    trustProxy: config.TRUST_PROXY.length > 0 ? config.TRUST_PROXY : false,
    bodyLimit: LIMITS.frameBytes,
    // Node counts from the connection's first byte on, or from its beginning where no byte comes.
    requestTimeout: config.REQUEST_TIMEOUT_MS,
    http: {
      headersTimeout: config.REQUEST_TIMEOUT_MS / 2,
      connectionsCheckingInterval: Math.min(config.REQUEST_TIMEOUT_MS / 4, 2000),
    },
    // A user's id may have 128 characters, each of up to nine in a path.
    routerOptions: { maxParamLength: 1200 },
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  // Read, not encoded: `boundedArray` and `boundedRecord` look before they read, which zod cannot do the other way round.
  app.setSerializerCompiler<z.ZodType>(
    ({ schema }) =>
      (data) =>
        JSON.stringify(schema.parse(data)),
  );

  app.setErrorHandler((error, request, reply) => {
    const report = describe(error);
    if (report.code === 'internal') logger.error({ err: error, url: request.url }, 'a request failed');
    return reply.status(ERRORS[report.code].status).send(report);
  });
  // A form of a foreign site may send text without asking first: only JSON is read.
  app.removeContentTypeParser('text/plain');
  registerUnreadBodies(app);
  registerOriginCheck(app, config);
  registerAuthorization(app, authenticator, audit, userLimits);

  registerBrowserHeaders(app);
  await app.register(fastifySwagger, {
    openapi: {
      info: { title: 'Parley', version: VERSION, description: 'HTTP interface of the Parley server.' },
    },
    transform: jsonSchemaTransform,
  });
  await app.register(fastifySwaggerUi, { routePrefix: '/docs' });
  await app.register(fastifyWebsocket, {
    options: WEB_SOCKET_OPTIONS,
    errorHandler(error, socket) {
      // `ws` has sent a close frame with the code of the client's error, a frame over the limit say, and reads on until
      // that has arrived. Ended here, as by default, the client would often see a broken connection instead.
      if (socket.readyState !== socket.OPEN) return;
      logger.error({ err: error }, 'a WebSocket failed');
      socket.terminate();
    },
  });
  return app;
}

function describe(error: unknown): ErrorReport {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const first = error.validation[0];
    const path = `${error.validationContext ?? 'request'}${(first?.instancePath ?? '').replaceAll('/', '.')}`;
    return {
      code: 'invalid_request',
      message: `${path}: ${first?.message?.slice(0, 300) ?? 'invalid'}`,
      details: { path },
    };
  }
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return {
      code: 'invalid_request',
      message: 'Send the body as JSON, with the header "content-type: application/json".',
      details: { path: 'headers.content-type' },
    };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return { code: statusCode === 404 ? 'not_found' : 'invalid_request', message: message ?? 'invalid' };
  }
  return reportOf(error);
}

/** The rest of a request that was answered before it was complete may come within this time, in milliseconds. */
const REST_MS = 1000;

/**
 * Ends the connection of a request that was answered early (refused by 401, 403, 413, …) and goes on sending its body. Not at
 * once: a client that has sent most of it would see a broken connection instead of the answer.
 */
function registerUnreadBodies(app: FastifyInstance): void {
  app.addHook('onResponse', async ({ raw }) => {
    const { socket } = raw;
    // Requests of `inject` have no connection.
    if (raw.complete || !(socket instanceof Socket) || socket.destroyed) return;
    const timer = setTimeout(() => socket.destroy(), REST_MS);
    const stop = (): void => {
      clearTimeout(timer);
      socket.off('close', stop);
      raw.off('end', stop);
    };
    raw.once('end', stop);
    socket.once('close', stop);
  });
}
