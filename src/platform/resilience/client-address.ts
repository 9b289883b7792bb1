const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const UNKNOWN = 'unknown';

/**
 * What one caller is counted by: the IPv4 address, or the /64 network of an IPv6 address, of which one household or
 * machine has all. Callers whose address is not known share one bucket.
 * @param ip as the listener saw it, possibly with a zone (`fe80::1%eth0`)
 */
export function clientKey(ip: string | undefined): string {
  if (!ip) return UNKNOWN;
  if (!ip.includes(':')) return ip;
  const mapped = MAPPED_IPV4.exec(ip);
  if (mapped) return mapped[1]!;
  return `${networkOf(ip)}::/64`;
}

/** The first four groups, written out. */
function networkOf(ip: string): string {
  const [address = ''] = ip.split('%', 1);
  const [head = '', tail] = address.split('::', 2);
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const last = tail === '' ? [] : tail.split(':');
    while (groups.length + last.length < 8) groups.push('0');
    groups.push(...last);
  }
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
