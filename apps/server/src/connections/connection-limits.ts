import { isIPv6 } from 'node:net';

/** One connection among those of its address. */
export interface Admission {
  /** It is of use: it is not closed for the sake of a newer one. */
  hold(): void;
  /** It may be closed again when the address has too many. */
  release(): void;
  /** It is closed. Idempotent. */
  end(): void;
}

/** How many connections one address, or one user, may have at a time. */
export interface ConnectionLimits {
  /**
   * Counts a new connection. Where its address has as many as it may, the oldest one that nobody holds is evicted for
   * it: a client that opens connections and says nothing keeps out only itself.
   * @param evict cuts this connection
   * @returns undefined: all of them are held, and this one must be closed
   */
  admit(address: string, evict: () => void): Admission | undefined;
}

interface Connections {
  count: number;
  /** In the order in which they came, or were let go. */
  readonly unheld: Map<Admission, () => void>;
  /** The address has no connection any more. */
  forget(): void;
}

export function createConnectionLimits(max: number | 'off'): ConnectionLimits {
  const byAddress = new Map<string, Connections>();
  return {
    admit(address, evict) {
      const key = networkOf(address);
      const own = byAddress.get(key) ?? { count: 0, unheld: new Map(), forget: () => byAddress.delete(key) };
      if (max !== 'off' && own.count >= max) {
        const [oldest] = own.unheld;
        if (oldest === undefined) return undefined;
        oldest[0].end();
        oldest[1]();
      }
      own.count += 1;
      byAddress.set(key, own);
      const admission = new Place(own, evict);
      admission.release();
      return admission;
    },
  };
}

/** A class, so that thousands of connections share its functions. */
class Place implements Admission {
  readonly #own: Connections;
  readonly #evict: () => void;
  #hasEnded = false;

  constructor(own: Connections, evict: () => void) {
    this.#own = own;
    this.#evict = evict;
  }

  hold(): void {
    this.#own.unheld.delete(this);
  }

  release(): void {
    this.hold();
    if (!this.#hasEnded) this.#own.unheld.set(this, this.#evict);
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.hold();
    this.#own.count -= 1;
    if (this.#own.count === 0) this.#own.forget();
  }
}

/** A customer has a whole /64 of IPv6: its addresses count as one. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  while (groups.length + after.length < 8 && tail !== undefined) groups.push('0');
  return [...groups, ...after].slice(0, 4).join(':');
}
