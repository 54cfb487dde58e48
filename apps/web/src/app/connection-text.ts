import type { ConnectionState } from '@parley/client';

export interface ConnectionText {
  /** A word or two, for the bar. */
  readonly short: string;
  /** Why, for the banner. */
  readonly long: string;
  readonly tone: 'good' | 'warn' | 'bad';
}

const CLOSED: Record<Extract<ConnectionState, { state: 'closed' }>['reason'], string> = {
  idle: 'Not connected yet.',
  closed: 'The connection was closed.',
  unauthenticated: 'The server did not accept your sign-in.',
  too_large: 'The last message was larger than the server takes.',
  ended: 'The server ended the connection.',
  lost: 'The connection was lost.',
  invalid_url: 'The address of the server is not valid.',
};

/** The connection in words. `now` in milliseconds. */
export function connectionText(connection: ConnectionState, now: number): ConnectionText {
  switch (connection.state) {
    case 'open':
      return { short: 'connected', long: 'Connected.', tone: 'good' };
    case 'connecting':
      return { short: 'connecting …', long: 'Connecting …', tone: 'warn' };
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((connection.retryAt - now) / 1000));
      const when = seconds === 0 ? 'now' : `in ${seconds} s`;
      return {
        short: `reconnecting ${when}`,
        long: `The connection was lost. Trying again ${when}.`,
        tone: 'warn',
      };
    }
    case 'closed':
      return { short: 'not connected', long: CLOSED[connection.reason], tone: 'bad' };
  }
}
