import { createHttpApi, type HttpApi } from '@parley/client';
import type { Command } from 'commander';
import { z } from 'zod';
import { CommandFailure, EXIT } from './exit-codes.ts';

/** Given before or after the command's name, or by the environment. */
export interface GlobalOptions {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly token: string | undefined;
  /** Whether a terminal gets the texts of others unchanged. */
  readonly isRaw: boolean;
}

const HttpUrl = z.url({ protocol: /^https?$/ });

/** @throws CommandFailure with `EXIT.usage` when the URL is invalid */
export function globalOptions(command: Command): GlobalOptions {
  const { url, token, raw } = command.optsWithGlobals<{ url: string; token?: string; raw: boolean }>();
  if (!HttpUrl.safeParse(url).success) {
    throw new CommandFailure(EXIT.usage, `--url ${url}: an http:// or https:// URL is needed.`);
  }
  return { url: url.replace(/\/+$/, ''), token, isRaw: raw };
}

export function httpApi({ url, token }: GlobalOptions): HttpApi {
  return createHttpApi({ url, ...(token === undefined ? {} : { token }) });
}
