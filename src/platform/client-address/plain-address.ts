import ipaddr from 'ipaddr.js';
import { isIP } from 'node:net';

/** Longest that can be one: IPv6 with an IPv4 tail, a zone, brackets and a port. */
const MAX_LENGTH = 100;
const WITH_PORT = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::\d{1,5})?$/;

/**
 * One spelling per address: without a zone (`fe80::1%eth0`), which means nothing to others, an IPv4 address inside of
 * IPv6 (`::ffff:192.0.2.1`, in whatever spelling) as the IPv4 address it is, IPv6 as RFC 5952 writes it.
 * @returns undefined for what is no address, and for IPv4 in the spellings that only inet_aton knows (`127.1`)
 */
export function plainAddress(text: string): string | undefined {
  if (isIP(text) === 4) return text;
  const [address = ''] = text.split('%', 1);
  return isIP(address) === 6 ? ipaddr.process(address).toString() : undefined;
}

/** As {@link plainAddress}; some proxies write a port behind it (`192.0.2.1:4711`, `[2001:db8::1]:443`). */
export function forwardedAddress(entry: string): string | undefined {
  const text = entry.trim();
  if (text.length > MAX_LENGTH) return undefined;
  const plain = plainAddress(text);
  if (plain !== undefined) return plain;
  const [, bracketed, bare] = WITH_PORT.exec(text) ?? [];
  return plainAddress(bracketed ?? bare ?? '');
}
