import { describe, expect, it } from '@jest/globals';
import { ServerConfig } from './config.ts';

const SECRET = 'a secret of more than thirty-two characters';
const JWKS = {
  AUTH_JWKS_URL: 'https://id.example/keys',
  AUTH_ISSUER: 'https://id.example',
  AUTH_AUDIENCE: 'parley',
};

/** The settings that are complained about. */
function wrong(env: Record<string, string | undefined>): PropertyKey[] {
  return ServerConfig.safeParse(env).error?.issues.map(({ path }) => path[0] ?? '') ?? [];
}

describe('proxies that are trusted', () => {
  it('are missing, or addresses and networks', () => {
    expect(ServerConfig.parse({}).TRUST_PROXY).toEqual([]);
    expect(ServerConfig.parse({ TRUST_PROXY: '127.0.0.1, fd00::/8,loopback' }).TRUST_PROXY).toEqual([
      '127.0.0.1',
      'fd00::/8',
      'loopback',
    ]);
    for (const list of ['true', '1', 'proxy.example', '10.0.0.0/33', '10.0.0.0/8/8', '127.0.0.1,'])
      expect(wrong({ TRUST_PROXY: list })).toEqual(['TRUST_PROXY']);
  });
});

describe('sign-in by published keys', () => {
  it('is complete with the issuer and the audience', () => {
    expect(wrong(JWKS)).toEqual([]);
  });

  it.each(['AUTH_ISSUER', 'AUTH_AUDIENCE'])(
    'is refused without %s: tokens made for others would count',
    (name) => {
      expect(wrong({ ...JWKS, [name]: undefined })).toEqual([name]);
    },
  );

  it('fetches the keys encrypted, but on this machine', () => {
    expect(wrong({ ...JWKS, AUTH_JWKS_URL: 'http://id.example/keys' })).toEqual(['AUTH_JWKS_URL']);
    for (const host of ['127.0.0.1:9000', 'localhost', '[::1]:9000'])
      expect(wrong({ ...JWKS, AUTH_JWKS_URL: `http://${host}/keys` })).toEqual([]);
  });

  it('is not set beside a secret', () => {
    expect(wrong({ ...JWKS, AUTH_SECRET: SECRET })).toEqual(['AUTH_JWKS_URL']);
  });

  it('asks for neither when a secret is shared', () => {
    expect(wrong({ AUTH_SECRET: SECRET })).toEqual([]);
  });
});
