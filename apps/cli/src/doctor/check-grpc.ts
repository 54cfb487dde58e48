import { Client, credentials } from '@grpc/grpc-js';
import { type Finding, messageOf } from './check.ts';

const TIMEOUT_MS = 5000;
/** `grpc.health.v1.HealthCheckResponse { status: SERVING }`, as bytes. */
const SERVING = Buffer.from([0x08, 0x01]);

/** Asks the standard health service: that the port is open would not say who listens there. */
export async function checkGrpc(address: string): Promise<Finding> {
  const name = 'gRPC port';
  const client = new Client(address, credentials.createInsecure());
  try {
    const answer = await new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(
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
      advice: 'Agents and brokers join here: start the server, or set GRPC_URL to its gRPC address.',
    };
  } finally {
    client.close();
  }
}
