import { createSocket } from 'node:dgram';
import { appendFile, mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import type { AuditHead } from '@parley/shared-models';

/** A place outside of the store that is told where the audit stands. */
export interface HeadSink {
  /** For the log. Without passwords. */
  readonly label: string;
  /** Resolves when it has been handed over. @throws Error; it is then tried again with the next head */
  ship(head: AuditHead): Promise<void>;
}

const HTTP_TIMEOUT_MS = 5000;
/** RFC 5424: facility authpriv (10), severity informational (6). */
const SYSLOG_PRIORITY = 10 * 8 + 6;
const SYSLOG_PORT = 514;

/** A line for each head, at the end of the file. */
export function fileSink(file: string): HeadSink {
  return {
    label: file,
    async ship(head) {
      await mkdir(path.dirname(file), { recursive: true });
      await appendFile(file, `${JSON.stringify(head)}\n`, { mode: 0o600 });
    },
  };
}

/** As RFC 5424 over UDP, which no one acknowledges: a head that is lost on the way is made up for by the next. */
export function syslogSink(url: string): HeadSink {
  const { hostname: host, port } = new URL(url);
  return {
    label: `syslog ${host}`,
    ship(head) {
      const line = `<${SYSLOG_PRIORITY}>1 ${head.at} ${hostname()} parley ${process.pid} audit-head - ${JSON.stringify(head)}`;
      const address = host.replace(/^\[|\]$/g, '');
      const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
      return new Promise((resolve, reject) => {
        const end = (error: Error | null): void => {
          socket.close();
          if (error === null) resolve();
          else reject(error);
        };
        socket.once('error', end);
        socket.send(line, port === '' ? SYSLOG_PORT : Number(port), address, (error) => {
          socket.off('error', end);
          end(error);
        });
      });
    },
  };
}

/** `POST` of the head as JSON; anything but an answer of 200 to 299 within 5 s is a failure. */
export function httpSink(url: string): HeadSink {
  const { origin, pathname, username, password } = new URL(url);
  const basic = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    label: origin,
    async ship(head) {
      const answer = await fetch(`${origin}${pathname}${new URL(url).search}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(username === '' ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` }),
        },
        body: JSON.stringify(head),
        redirect: 'error',
        signal: AbortSignal.timeout(HTTP_TIMEOUT_MS),
      });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`${origin} answers ${answer.status}`);
    },
  };
}
