import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { resolveUserPath } from './settings.ts';

/** A file in PEM, read at the start: one that is missing fails there and not with the first connection. */
const pemFile = (meaning: string) =>
  z
    .string()
    .min(1)
    .optional()
    .transform((given, context) => {
      if (given === undefined) return undefined;
      try {
        return readFileSync(resolveUserPath(given));
      } catch (error) {
        context.addIssue({ code: 'custom', message: `cannot be read: ${(error as Error).message}` });
        return z.NEVER;
      }
    })
    .describe(meaning);

/** How gRPC is encrypted; the same three names at the server and at its members. */
export const tlsSettings = {
  GRPC_TLS_CERT: pemFile("file with this process' certificate for gRPC, in PEM; switches TLS on"),
  GRPC_TLS_KEY: pemFile('file with its private key'),
  GRPC_TLS_CA: pemFile(
    'file with who may have signed the other side; at the server: agents and brokers must show a certificate; elsewhere: switches TLS on; unset there, with a certificate: those whom Node.js trusts',
  ),
};

export interface TlsFiles {
  readonly GRPC_TLS_CERT?: Buffer<ArrayBuffer> | undefined;
  readonly GRPC_TLS_KEY?: Buffer<ArrayBuffer> | undefined;
  readonly GRPC_TLS_CA?: Buffer<ArrayBuffer> | undefined;
}

/** Refuses a certificate without its key, and the other way round: half of it would leave gRPC in the clear. */
export function checkTls(files: TlsFiles, context: z.RefinementCtx): void {
  if ((files.GRPC_TLS_CERT === undefined) === (files.GRPC_TLS_KEY === undefined)) return;
  const missing = files.GRPC_TLS_CERT === undefined ? 'GRPC_TLS_CERT' : 'GRPC_TLS_KEY';
  context.addIssue({ code: 'custom', path: [missing], message: 'a certificate and its key belong together' });
}

/** The same for the server, which cannot ask for certificates without having one. */
export function checkServerTls(files: TlsFiles, context: z.RefinementCtx): void {
  checkTls(files, context);
  const { GRPC_TLS_CERT: cert, GRPC_TLS_KEY: key, GRPC_TLS_CA: ca } = files;
  if (ca === undefined || cert !== undefined || key !== undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['GRPC_TLS_CERT'],
    message: 'GRPC_TLS_CA needs the certificate of the server itself, else nothing is encrypted',
  });
}

/** For the server; undefined: not encrypted. */
export function serverTls({
  GRPC_TLS_CERT: cert,
  GRPC_TLS_KEY: key,
  GRPC_TLS_CA: clientCa,
}: TlsFiles): { cert: Buffer; key: Buffer; clientCa: Buffer | undefined } | undefined {
  return cert === undefined || key === undefined ? undefined : { cert, key, clientCa };
}

/** For members; undefined: not encrypted. Without `ca`, Node.js's own authorities count. */
export function memberTls({
  GRPC_TLS_CERT: cert,
  GRPC_TLS_KEY: key,
  GRPC_TLS_CA: ca,
}: TlsFiles): Readonly<Record<'ca' | 'cert' | 'key', Buffer<ArrayBuffer> | undefined>> | undefined {
  return ca === undefined && cert === undefined ? undefined : { ca, cert, key };
}

/** For members of a server in the same process, which trusts its own certificate. */
export function ownMemberTls(files: TlsFiles): ReturnType<typeof memberTls> {
  const { GRPC_TLS_CERT: cert, GRPC_TLS_CA: ca = cert } = files;
  return cert === undefined ? undefined : memberTls({ ...files, GRPC_TLS_CA: ca });
}
