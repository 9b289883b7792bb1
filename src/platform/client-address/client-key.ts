import ipaddr from 'ipaddr.js';
import { plainAddress } from './plain-address.js';

const UNKNOWN = 'unknown';
/** Of the eight groups of an IPv6 address, those that name the network. */
const NETWORK_GROUPS = 4;

/**
 * What one caller is counted by: the IPv4 address, or the /64 network of an IPv6 address, of which one household or
 * machine has all. Callers whose address is not known share one bucket.
 * @param ip as the listener saw it, possibly with a zone (`fe80::1%eth0`)
 */
export function clientKey(ip: string | undefined): string {
  if (!ip) return UNKNOWN;
  if (!ip.includes(':')) return ip;
  const address = plainAddress(ip);
  if (address === undefined) return UNKNOWN;
  if (!address.includes(':')) return address;
  const groups = ipaddr.IPv6.parse(address).parts.slice(0, NETWORK_GROUPS);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}
