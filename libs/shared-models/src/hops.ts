import type { Hop } from './message-status.ts';

/**
 * The hops header: `server=1732170000000;broker=1732170000003`. Text, because AMQP headers of every client
 * library carry it unchanged, and because appending to it needs no parsing.
 */
export function appendHop(hops: string | undefined, service: string, at: number = Date.now()): string {
  const hop = `${service}=${at}`;
  return hops === undefined || hops === '' ? hop : `${hops};${hop}`;
}

/** Reads the header; pieces that are none are left out, since another language may have written them. */
export function parseHops(hops: string | undefined): Hop[] {
  if (hops === undefined || hops === '') return [];
  return hops.split(';').flatMap((piece) => {
    const at = piece.lastIndexOf('=');
    const time = Number(piece.slice(at + 1));
    if (at < 1 || !Number.isSafeInteger(time) || Math.abs(time) > 8.64e15) return [];
    return [{ service: piece.slice(0, at), at: new Date(time).toISOString() }];
  });
}
