import ipaddr from 'ipaddr.js';

/** Metadata service of a cloud (Azure) at an address that is otherwise as public as any. */
const SPECIAL = new Set(['168.63.129.16']);

/**
 * Whether an address is one of the public internet: not loopback, private, link-local (metadata services), carrier-grade
 * NAT, multicast, reserved, nor an IPv6 form that carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo).
 * Source: OWASP Server-Side Request Forgery Prevention Cheat Sheet; IANA special-purpose address registries.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.parse(address).range() === 'unicast' && !SPECIAL.has(address);
}

/** Whether an address lies in one of `ranges` (`10.1.0.0/16`, or one address). An IPv4-mapped one counts as its IPv4. */
export function isInRanges(address: string, ranges: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return ranges.some((range) => {
    const [network, bits] = range.includes('/')
      ? ipaddr.parseCIDR(range)
      : ([ipaddr.process(range), undefined] as const);
    return (
      network.kind() === parsed.kind() &&
      parsed.match(network, bits ?? (network.kind() === 'ipv4' ? 32 : 128))
    );
  });
}
