import { Client } from '@grpc/grpc-js';
import { CHANNEL_OPTIONS, channelCredentials } from '@parley/control-plane';
import { checkTls, loadConfig, memberTls, tlsSettings, WITH_ALL_OTHERS } from '@parley/process-kit';
import { z } from 'zod';
import { type Finding, messageOf } from './check.ts';

const TIMEOUT_MS = 5000;
/** `grpc.health.v1.HealthCheckResponse { status: SERVING }`, as bytes. */
const SERVING = Buffer.from([0x08, 0x01]);

const TlsConfig = z.object(tlsSettings).superRefine(checkTls, WITH_ALL_OTHERS);

/** Asks the standard health service: an open port alone would not show that Parley listens there. */
export async function checkGrpc(address: string, env: NodeJS.ProcessEnv = process.env): Promise<Finding> {
  const name = 'gRPC port';
  let client: Client | undefined;
  try {
    // As agents and brokers join, by the same settings.
    const tls = memberTls(loadConfig(TlsConfig, env));
    const opened = new Client(address, channelCredentials(tls), CHANNEL_OPTIONS);
    client = opened;
    const answer = await new Promise<Buffer>((resolve, reject) => {
      opened.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        (request: Buffer) => request,
        (response: Buffer) => response,
        Buffer.alloc(0),
        { deadline: Date.now() + TIMEOUT_MS },
        (error, response) => (error === null && response !== undefined ? resolve(response) : reject(error)),
      );
    });
    return {
      name,
      isOk: answer.equals(SERVING),
      found: `${address} ${answer.equals(SERVING) ? 'serves' : 'answers, and does not serve'}`,
      advice: 'The server is going down, or cannot reach its queue.',
    };
  } catch (error) {
    return {
      name,
      isOk: false,
      found: `${address}: ${messageOf(error)}`,
      advice:
        'Agents and brokers join here: start the server, set GRPC_URL to its gRPC address, and GRPC_TLS_CA where it is encrypted.',
    };
  } finally {
    client?.close();
  }
}
