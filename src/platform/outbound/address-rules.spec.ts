import { isInRanges, isPublicAddress } from './address-rules.js';

describe('an address', () => {
  it.each(['93.184.216.34', '1.1.1.1', '2606:2800:220:1:248:1893:25c8:1946', '2001:4860:4860::8888'])(
    'is public: %s',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    ['loopback', '127.0.0.1'],
    ['loopback, another one', '127.8.9.10'],
    ['loopback of IPv6', '::1'],
    ['unspecified', '0.0.0.0'],
    ['unspecified of IPv6', '::'],
    ['private', '10.1.2.3'],
    ['private', '172.16.0.1'],
    ['private', '192.168.1.1'],
    ['unique local', 'fd00:ec2::254'],
    ['link-local, the metadata service of most clouds', '169.254.169.254'],
    ['link-local of IPv6', 'fe80::1'],
    ['carrier-grade NAT, a metadata service', '100.100.100.200'],
    ['metadata service at a public address', '168.63.129.16'],
    ['multicast', '224.0.0.1'],
    ['broadcast', '255.255.255.255'],
    ['reserved', '240.0.0.1'],
    ['documentation', '192.0.2.1'],
    ['benchmarking', '198.18.0.1'],
    ['IPv4 mapped into IPv6', '::ffff:127.0.0.1'],
    ['IPv4 mapped into IPv6, public too', '::ffff:1.1.1.1'],
    ['NAT64', '64:ff9b::7f00:1'],
    ['6to4', '2002:7f00:1::'],
    ['Teredo', '2001:0:53aa:64c::1'],
    ['no address', 'localhost'],
    ['no address', ''],
  ])('is not public: %s %s', (_, address) => expect(isPublicAddress(address)).toBe(false));

  it('lies in a range of its own kind, or is the one address', () => {
    expect(isInRanges('10.1.2.3', ['10.0.0.0/8'])).toBe(true);
    expect(isInRanges('::ffff:10.1.2.3', ['10.0.0.0/8'])).toBe(true);
    expect(isInRanges('127.0.0.1', ['127.0.0.1'])).toBe(true);
    expect(isInRanges('127.0.0.2', ['127.0.0.1'])).toBe(false);
    expect(isInRanges('fd00::1', ['10.0.0.0/8', 'fd00::/8'])).toBe(true);
    expect(isInRanges('11.0.0.1', ['10.0.0.0/8', 'fd00::/8'])).toBe(false);
    expect(isInRanges('localhost', ['0.0.0.0/0'])).toBe(false);
  });
});
