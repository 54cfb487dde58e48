import { z } from 'zod';

const HOST = /^(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::\d{1,5})?$/;

/** A setting such as `example.com, *.wikipedia.org, data.example.com:8443`; empty or unset: nothing is allowed. */
export const AllowListSetting = z
  .string()
  .default('')
  .transform((text) =>
    text
      .toLowerCase()
      .split(/[\s,]+/)
      .filter((entry) => entry !== ''),
  )
  .refine((entries) => entries.every((entry) => HOST.test(entry)), {
    error: 'hosts, such as example.com, *.example.com or example.com:8443',
  });

/**
 * Whether an address may be fetched: http or https, without a name and password, and its host is on the list. `*.`
 * stands for any subdomain and not for the domain itself; without a port the scheme's own is meant.
 */
export function isAllowed(url: URL, allow: readonly string[]): boolean {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return false;
  if (url.username !== '' || url.password !== '') return false;
  return allow.some((entry) => {
    const [host = '', port = ''] = entry.split(':');
    if (port !== (url.port === '' ? '' : url.port) && !(url.port === '' && port === ownPort(url)))
      return false;
    return host.startsWith('*.') ? url.hostname.endsWith(host.slice(1)) : url.hostname === host;
  });
}

const ownPort = (url: URL): string => (url.protocol === 'https:' ? '443' : '80');
