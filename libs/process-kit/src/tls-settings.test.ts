import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { loadConfig, WITH_ALL_OTHERS } from './load-config.ts';
import { settings } from './settings.ts';
import { checkServerTls, checkTls, memberTls, ownMemberTls, serverTls, tlsSettings } from './tls-settings.ts';

// Any file does: its content is read by gRPC only.
const FILE = import.meta.filename;
const Member = z.object({ ...tlsSettings, PORT: settings.port(1) }).superRefine(checkTls, WITH_ALL_OTHERS);
const Server = z.object(tlsSettings).superRefine(checkServerTls, WITH_ALL_OTHERS);

describe('the settings of TLS', () => {
  it('leave gRPC in the clear where nothing is set', () => {
    expect(memberTls(loadConfig(Member, {}))).toBeUndefined();
    expect(serverTls(loadConfig(Server, {}))).toBeUndefined();
  });

  it.each(['GRPC_TLS_CERT', 'GRPC_TLS_KEY'])(
    'want the other half of %s, and list what else is wrong',
    (name) => {
      const other = name === 'GRPC_TLS_CERT' ? 'GRPC_TLS_KEY' : 'GRPC_TLS_CERT';
      const env = { [name]: FILE, PORT: 'x' };
      expect(() => loadConfig(Member, env)).toThrow(new RegExp(`PORT .*${other} \\(not set\\)`, 's'));
      expect(() => loadConfig(Server, env)).toThrow(`${other} (not set)`);
    },
  );

  it('do not ask for the other half of a file that cannot be read', () => {
    const env = { GRPC_TLS_CERT: '/no/such.pem', GRPC_TLS_KEY: FILE };
    expect(() => loadConfig(Member, env)).toThrow(/^[^\n]*\n {2}GRPC_TLS_CERT [^\n]*cannot be read[^\n]*$/);
  });

  it("encrypt for a member that has a certificate and names no authority: Node.js's own count", () => {
    const tls = memberTls(loadConfig(Member, { GRPC_TLS_CERT: FILE, GRPC_TLS_KEY: FILE }));
    expect(tls).toEqual({ ca: undefined, cert: expect.any(Buffer), key: expect.any(Buffer) });
  });

  it('encrypt for a member that names only an authority', () => {
    expect(memberTls(loadConfig(Member, { GRPC_TLS_CA: FILE }))?.ca).toBeInstanceOf(Buffer);
  });

  it('refuse a server that asks for certificates and has no certificate', () => {
    expect(() => loadConfig(Server, { GRPC_TLS_CA: FILE })).toThrow('GRPC_TLS_CERT (not set)');
  });

  it('have members in the same process trust the certificate of the server', () => {
    const tls = ownMemberTls(loadConfig(Server, { GRPC_TLS_CERT: FILE, GRPC_TLS_KEY: FILE }));
    expect(tls?.ca).toEqual(tls?.cert);
  });
});
