import { createHash, timingSafeEqual } from 'node:crypto';
import {
  accessTokenFile,
  canTellAccounts,
  type Ends,
  type Logger,
  openAccessToken,
  watchPeers,
} from '@parley/process-kit';
import { hasSignIn, isLoopback, type ServerConfig } from '../config.ts';

/**
 * The connection of a caller. `itself`: this process asks itself, without a connection. Undefined: the connection
 * does not identify the caller, as where a proxy hands on requests of others.
 */
export type Caller = Ends | 'itself' | undefined;

/** Access where nobody signs in: for the account that runs the server, and for every holder of the access token. */
export interface LocalAccess {
  readonly token: string;
  /** The message for those who do not get in. */
  readonly refusal: string;
  letsIn(token: string | undefined, caller: Caller): Promise<boolean>;
  /** Whether a process of the server's own account, or of root, is at the other end. */
  isOwn(caller: Caller): Promise<boolean>;
  stop(): void;
}

type AccessConfig = Pick<
  ServerConfig,
  'ACCESS_TOKEN' | 'ALLOW_ANONYMOUS' | 'AUTH_SECRET' | 'AUTH_JWKS_URL' | 'DATA_DIR' | 'HOST' | 'JOIN_TOKEN'
>;

/**
 * @returns undefined where everybody has something else to show, or nobody has to show anything
 * @throws the file system's error when the file of the access token can neither be read nor made
 */
export async function openLocalAccess(
  config: AccessConfig,
  logger: Logger,
): Promise<LocalAccess | undefined> {
  const { ACCESS_TOKEN: given, DATA_DIR: dataDir } = config;
  if (config.ALLOW_ANONYMOUS || (hasSignIn(config) && config.JOIN_TOKEN !== undefined)) return undefined;
  // A process of this machine that connects to any other address may be a proxy for others.
  const isLocal = isLoopback(config.HOST);
  if (!isLocal && given === undefined) return undefined;
  const token = given ?? (await openAccessToken(dataDir));
  const expected = digest(token);
  const peers = isLocal
    ? watchPeers((err) =>
        logger.warn({ err }, 'accounts cannot be told apart here: everybody has to show the access token'),
      )
    : undefined;

  const isOwn = async (caller: Caller): Promise<boolean> => {
    if (caller === 'itself') return true;
    return caller !== undefined && peers !== undefined && (await peers.of(caller)) === 'own';
  };
  return {
    token,
    refusal: isLocal
      ? `This Parley is for the account of this machine that started it. From another account open the address with ?token= and the access token: it is ${given === undefined ? 'in the file access-token of the data folder' : 'the ACCESS_TOKEN of the server'}.`
      : 'Show the access token of this server: open its address with ?token= and the token.',
    async letsIn(shown, caller) {
      if (shown !== undefined && timingSafeEqual(digest(shown), expected)) return true;
      return isOwn(caller);
    },
    isOwn,
    stop: () => peers?.stop(),
  };
}

/**
 * How people get in where nobody signs in.
 * @param url of the server
 * @param token the server's access token
 * @returns the address to open, which has the token in it only where accounts cannot be told apart, and the
 * instructions for others
 */
export async function describeAccess(
  config: AccessConfig,
  url: string,
  token: string | undefined,
): Promise<{ readonly address: string; readonly others?: string }> {
  if (token === undefined || hasSignIn(config)) return { address: url };
  const place = config.ACCESS_TOKEN === undefined ? accessTokenFile(config.DATA_DIR) : 'ACCESS_TOKEN';
  if (isLoopback(config.HOST) && (await canTellAccounts()))
    return {
      address: url,
      others: `Another account of this machine: ${url}/?token=… with the token in ${place}`,
    };
  return { address: `${url}/?token=${encodeURIComponent(token)}` };
}

/** Digests have one length, as `timingSafeEqual` needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
