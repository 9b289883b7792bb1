import ipaddr from 'ipaddr.js';
import { forwardedAddress, plainAddress } from './plain-address.js';

type Range = ReturnType<typeof ipaddr.parseCIDR>;

/**
 * The proxies that are believed when they say whom they speak for. From anybody else X-Forwarded-For is just text; other
 * headers that name an address (Forwarded, X-Real-IP) are never read, because no proxy overwrites all of them.
 */
export class TrustedProxies {
  readonly #ranges: Range[];

  /** @param ranges addresses or ranges (`10.0.0.0/8`), validated */
  constructor(ranges: readonly string[]) {
    this.#ranges = ranges.map((range) => {
      if (range.includes('/')) return ipaddr.parseCIDR(range);
      const address = ipaddr.process(range);
      return [address, address.kind() === 'ipv4' ? 32 : 128] as Range;
    });
  }

  /**
   * The client behind a connection: the peer, unless it is a trusted proxy; then whom it names, that is the last entry
   * of X-Forwarded-For that is not itself a trusted proxy. What stands further left was written by the client and is
   * worth nothing. An entry that is no address ends the search: the client is the hop that was reached.
   * @param peer address of the socket
   * @param forwardedFor the header, several of them joined by commas
   */
  clientOf(peer: string | undefined, forwardedFor: string | undefined): string | undefined {
    if (peer === undefined) return undefined;
    let client = plainAddress(peer) ?? peer;
    let rest = forwardedFor;
    while (rest !== undefined && this.#isTrusted(client)) {
      const comma = rest.lastIndexOf(',');
      const named = forwardedAddress(rest.slice(comma + 1));
      if (named === undefined) break;
      client = named;
      rest = comma < 0 ? undefined : rest.slice(0, comma);
    }
    return client;
  }

  #isTrusted(address: string): boolean {
    if (this.#ranges.length === 0 || !ipaddr.isValid(address)) return false;
    const parsed = ipaddr.parse(address);
    return this.#ranges.some((range) => parsed.kind() === range[0].kind() && parsed.match(range));
  }
}
