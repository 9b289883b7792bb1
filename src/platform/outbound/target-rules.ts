import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import type { OutboundSettings } from '../config/index.js';
import { isInRanges, isPublicAddress } from './address-rules.js';
import { OutboundError } from './outbound.error.js';

type Resolve = (
  host: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

const systemResolve: Resolve = (host, done) =>
  lookup(host, { all: true, order: 'verbatim' }, (error, addresses) => done(error, addresses));

/** Which targets may be called. */
export class TargetRules {
  constructor(
    private readonly settings: OutboundSettings,
    private readonly resolve: Resolve = systemResolve,
  ) {}

  /** @throws OutboundError `refused` */
  check(text: string): URL {
    const url = URL.parse(text);
    if (!url || !['http:', 'https:'].includes(url.protocol))
      throw refused('only http and https URLs are called');
    if (url.username || url.password) throw refused('a URL must not hold credentials');
    const host = hostOf(url);
    // A name is judged when it is resolved, by the address that is then connected to.
    if (isIP(host) !== 0 && !this.#mayReach(host)) throw refused(`${host} is no public address`);
    if (url.protocol === 'http:' && !this.settings.allow_http) throw refused('plain http is not allowed');
    const port = url.port || (url.protocol === 'http:' ? '80' : '443');
    if (!this.settings.allowed_ports.includes(port)) throw refused(`port ${port} is not allowed`);
    return url;
  }

  /**
   * For the connector: gives it only addresses that may be reached, so that the one checked is the one connected to,
   * whatever the name resolves to a moment later.
   */
  readonly lookup: LookupFunction = (host, options, done) => {
    this.resolve(host, (error, addresses) => {
      if (error) {
        done(error, []);
        return;
      }
      const allowed = addresses.filter(({ address }) => this.#mayReach(address));
      if (allowed.length === 0) {
        done(refused(`${host} has no public address`), []);
        return;
      }
      if (options.all) {
        done(null, allowed);
        return;
      }
      done(null, allowed[0]!.address, allowed[0]!.family);
    });
  };

  #mayReach(address: string): boolean {
    return isPublicAddress(address) || isInRanges(address, this.settings.allowed_addresses);
  }
}

/** Without the brackets of an IPv6 address. The parser has brought 0x7f.1 and 2130706433 into one form already. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');

const refused = (why: string): OutboundError => new OutboundError('refused', `The call is refused: ${why}.`);
