import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { ServerConfig } from '../config.ts';
import { type Authenticator, createAuthenticator } from './authenticator.ts';

/** Where people sign in, it does not count by which connection they come. */
interface TokensOnly extends Pick<Authenticator, 'isRequired'> {
  signIn(token: string | undefined): ReturnType<Authenticator['signIn']>;
}

const SECRET = 'a secret of more than thirty-two characters';
const key = (secret: string): Uint8Array => new TextEncoder().encode(secret);

function authenticator(settings: Record<string, string>): TokensOnly {
  const whole = createAuthenticator(ServerConfig.parse({ LOG_LEVEL: 'silent', ...settings }), undefined);
  return { isRequired: whole.isRequired, signIn: (given) => whole.signIn(given, undefined) };
}

function token(claims: JWTPayload, secret = SECRET): Promise<string> {
  return new SignJWT({ exp: Math.floor(Date.now() / 1000) + 60, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(key(secret));
}

/** Of the issuer that publishes its keys. */
const ISSUED = { iss: 'https://id.example', aud: 'parley' };

function byKeysAt(url: string): TokensOnly {
  return authenticator({ AUTH_JWKS_URL: url, AUTH_ISSUER: ISSUED.iss, AUTH_AUDIENCE: ISSUED.aud });
}

const refused = { code: 'unauthenticated' };

describe('without sign-in, where that was allowed', () => {
  it('takes everybody for the local admin', async () => {
    const local = authenticator({});
    expect(local.isRequired).toBe(false);
    expect(await local.signIn(undefined)).toEqual({ user: { id: 'local', name: 'You', roles: ['admin'] } });
  });
});

describe('tokens signed by a shared secret', () => {
  const signIn = async (given: string | undefined, more: Record<string, string> = {}) =>
    authenticator({ AUTH_SECRET: SECRET, ...more }).signIn(given);

  it('say who is there, with which roles, and until when', async () => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const given = await token({ sub: 'ada', name: 'Ada', roles: ['operator'], exp });
    expect(await signIn(given)).toEqual({
      user: { id: 'ada', name: 'Ada', roles: ['operator'] },
      expiresAt: exp * 1000,
    });
  });

  it('count until they are revoked by their id, which another token of the same person is not', async () => {
    const config = ServerConfig.parse({ LOG_LEVEL: 'silent', AUTH_SECRET: SECRET });
    const { signIn: check } = createAuthenticator(config, undefined, (tokenId) => tokenId === 'lost');
    await expect(check(await token({ sub: 'ada', jti: 'lost' }), undefined)).rejects.toMatchObject(refused);
    // One that could not be entered as revoked.
    await expect(check(await token({ sub: 'ada', jti: 'a\u0000' }), undefined)).rejects.toThrow('jti');
    expect(await check(await token({ sub: 'ada', jti: 'new' }), undefined)).toMatchObject({ tokenId: 'new' });
  });

  it('are taken as they were made and in no other spelling of the same', async () => {
    const given = await token({ sub: 'ada' });
    const last = given.at(-1) ?? '';
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // Its two last bits are not used: the text beside it decodes to the same signature.
    const beside = given.slice(0, -1) + alphabet[alphabet.indexOf(last) + 1];
    for (const other of [beside, `${given}.x`, `${given}=`, `${given}.`, ` ${given}`, `${given}\n`])
      await expect(signIn(other)).rejects.toMatchObject(refused);
    expect((await signIn(given)).user.id).toBe('ada');
  });

  it('may list roles in one text, among them some that are not ours', async () => {
    const { user } = await signIn(await token({ sub: 'ada', roles: 'viewer accountant member' }));
    expect(user).toEqual({ id: 'ada', name: 'ada', roles: ['viewer', 'member'] });
  });

  it('without roles have the default one; with only foreign ones none', async () => {
    expect((await signIn(await token({ sub: 'ada' }))).user.roles).toEqual(['member']);
    const viewer = await signIn(await token({ sub: 'ada' }), { AUTH_DEFAULT_ROLE: 'viewer' });
    expect(viewer.user.roles).toEqual(['viewer']);
    expect((await signIn(await token({ sub: 'ada', roles: ['accountant'] }))).user.roles).toEqual([]);
  });

  it('are refused when missing, garbled, signed by another, without a subject, or expired', async () => {
    const past = Math.floor(Date.now() / 1000) - 60;
    const others = [
      undefined,
      '',
      'a.b.c',
      await token({ sub: 'ada' }, 'another secret of more than thirty-two characters'),
      await token({}),
      await token({ sub: 'ada', exp: past }),
    ];
    for (const given of others) await expect(signIn(given)).rejects.toMatchObject(refused);
  });

  it('must run out some time', async () => {
    const endless = await new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: 'HS256' }).sign(key(SECRET));
    await expect(signIn(endless)).rejects.toMatchObject(refused);
  });

  it('are refused without a signature, whatever their header says', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = part({ sub: 'ada', exp: Math.floor(Date.now() / 1000) + 60 });
    await expect(signIn(`${part({ alg: 'none' })}.${claims}.`)).rejects.toMatchObject(refused);
  });

  it.each(['agent:hr', 'external:slack', 'system:parley', 'local'])('cannot speak for %s', async (sub) => {
    await expect(signIn(await token({ sub }))).rejects.toMatchObject(refused);
  });

  it('must come from the issuer and be made for the audience that are set', async () => {
    const settings = { AUTH_ISSUER: 'https://id.example', AUTH_AUDIENCE: 'parley' };
    const fitting = { sub: 'ada', iss: 'https://id.example', aud: 'parley' };
    expect((await signIn(await token(fitting), settings)).user.id).toBe('ada');
    for (const wrong of [{ iss: 'https://evil.example' }, { aud: 'other' }]) {
      await expect(signIn(await token({ ...fitting, ...wrong }), settings)).rejects.toMatchObject(refused);
    }
  });
});

describe('tokens signed by a published key', () => {
  let server: Server | undefined;
  afterEach(() => {
    server?.close();
  });

  async function publish(keys: object[]): Promise<string> {
    server = createServer((_request, response) => response.end(JSON.stringify({ keys })));
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  }

  it('are checked with it', async () => {
    const pair = await generateKeyPair('ES256');
    const url = await publish([{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256' }]);
    const sign = (privateKey: Parameters<SignJWT['sign']>[0], claims: JWTPayload = {}) =>
      new SignJWT({ ...ISSUED, sub: 'ada', exp: Math.floor(Date.now() / 1000) + 60, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'one' })
        .sign(privateKey);
    const published = byKeysAt(url);
    expect((await published.signIn(await sign(pair.privateKey))).user.id).toBe('ada');
    const stranger = await generateKeyPair('ES256');
    await expect(published.signIn(await sign(stranger.privateKey))).rejects.toMatchObject(refused);
    for (const others of [{ aud: 'payroll' }, { aud: [] }, { iss: 'https://evil.example' }]) {
      await expect(published.signIn(await sign(pair.privateKey, others))).rejects.toMatchObject(refused);
    }
  });

  it('are not taken when they use the public key as a shared secret', async () => {
    const pair = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    const url = await publish([{ ...jwk, kid: 'one', alg: 'RS256' }]);
    const forged = await new SignJWT({ ...ISSUED, sub: 'ada', exp: Math.floor(Date.now() / 1000) + 60 })
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(key(JSON.stringify(jwk)));
    await expect(byKeysAt(url).signIn(forged)).rejects.toMatchObject(refused);
  });

  it('cannot be checked while the keys are out of reach, which is nobody’s fault', async () => {
    const url = await publish([]);
    server?.close();
    const other = await new SignJWT({ ...ISSUED, sub: 'ada', exp: Math.floor(Date.now() / 1000) + 60 })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .sign((await generateKeyPair('ES256')).privateKey);
    await expect(byKeysAt(url).signIn(other)).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
});
