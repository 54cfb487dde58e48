import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkGrpc } from './check-grpc.ts';

/** Serves nothing but `grpc.health.v1.Health/Check`, encrypted. */
describe('the check of a gRPC port that is encrypted', () => {
  let folder: string;
  let server: Server;
  let address: string;
  const file = (name: string): string => path.join(folder, name);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'parley-doctor-'));
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(
      'openssl',
      ['req', '-x509', ...key, '-keyout', file('key.pem'), '-out', file('cert.pem'), ...subject],
      { stdio: 'ignore' },
    );
    server = new Server();
    server.addService(
      {
        Check: {
          path: '/grpc.health.v1.Health/Check',
          requestStream: false,
          responseStream: false,
          requestSerialize: (value: Buffer) => value,
          requestDeserialize: (value: Buffer) => value,
          responseSerialize: (value: Buffer) => value,
          responseDeserialize: (value: Buffer) => value,
        },
      },
      {
        Check: (_call: unknown, answer: (error: null, value: Buffer) => void) =>
          answer(null, Buffer.from([0x08, 0x01])),
      },
    );
    const pair = { cert_chain: readFileSync(file('cert.pem')), private_key: readFileSync(file('key.pem')) };
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', ServerCredentials.createSsl(null, [pair]), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    address = `127.0.0.1:${port}`;
  });
  afterAll(() => {
    server.forceShutdown();
    rmSync(folder, { recursive: true });
  });

  it('is well with the settings by which agents join', async () => {
    expect(await checkGrpc(address, { GRPC_TLS_CA: file('cert.pem') })).toMatchObject({
      isOk: true,
      found: `${address} serves`,
    });
  });

  it.each(['http_proxy', 'grpc_proxy', 'https_proxy'])(
    'asks the port itself where %s is set, as agents do',
    async (name) => {
      const before = process.env[name];
      // Nobody listens there.
      process.env[name] = 'http://127.0.0.1:9';
      try {
        expect(await checkGrpc(address, { GRPC_TLS_CA: file('cert.pem') })).toMatchObject({ isOk: true });
      } finally {
        if (before === undefined) delete process.env[name];
        else process.env[name] = before;
      }
    },
  );

  it('names the errors of these settings', async () => {
    expect(await checkGrpc(address, { GRPC_TLS_CERT: file('cert.pem') })).toMatchObject({
      isOk: false,
      found: expect.stringContaining('GRPC_TLS_KEY (not set)'),
    });
  });

  it('fails without them, and says which to set', async () => {
    expect(await checkGrpc(address, {})).toMatchObject({
      isOk: false,
      advice: expect.stringContaining('GRPC_TLS_CA'),
    });
  }, 15_000);
});
