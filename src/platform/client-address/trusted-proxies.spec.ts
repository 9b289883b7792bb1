import { TrustedProxies } from './trusted-proxies.js';

const PROXY = '10.0.0.1';
const proxies = new TrustedProxies(['10.0.0.0/8', '2001:db8:aa::/48', '192.0.2.10']);

describe('the client behind a connection', () => {
  it.each([
    ['nobody is trusted', [], PROXY, '203.0.113.9'],
    ['the peer is not listed', ['192.0.2.10'], PROXY, '203.0.113.9'],
    ['the header is missing', ['10.0.0.0/8'], PROXY, undefined],
    ['the header is empty', ['10.0.0.0/8'], PROXY, ''],
  ])('is the peer when %s', (_, ranges, peer, header) => {
    expect(new TrustedProxies(ranges).clientOf(peer, header)).toBe(peer);
  });

  it.each([
    ['one that the proxy added', '203.0.113.9', '203.0.113.9'],
    ['the last, whatever the client claimed before it', '8.8.8.8, 127.0.0.1,203.0.113.9', '203.0.113.9'],
    ['the last that is no proxy of ours', '8.8.8.8, 203.0.113.9, 10.1.1.1, 192.0.2.10', '203.0.113.9'],
    ['the outermost proxy when there are only proxies', '10.3.3.3, 10.2.2.2', '10.3.3.3'],
    ['an IPv4 address inside of IPv6', '::ffff:203.0.113.9', '203.0.113.9'],
    ['the same in hex', '::ffff:cb00:7109', '203.0.113.9'],
    ['an IPv6 address without its zone', 'fe80::1%eth0', 'fe80::1'],
    ['an IPv6 address in one spelling', '2001:0DB8:0:0:0:0:0:7', '2001:db8::7'],
    ['an address with a port', '203.0.113.9:4711', '203.0.113.9'],
    ['an IPv6 address with brackets and port', '[2001:db8::7]:443', '2001:db8::7'],
    ['a proxy inside of IPv6', '203.0.113.9, ::ffff:10.9.9.9', '203.0.113.9'],
    ['a proxy of an IPv6 range', '203.0.113.9, 2001:db8:aa::5', '203.0.113.9'],
  ])('is %s', (_, header, client) => {
    expect(proxies.clientOf(PROXY, header)).toBe(client);
  });

  it.each([
    'unknown',
    'localhost',
    '_hidden',
    '1.2.3',
    '127.1',
    '0x7f000001',
    '999.1.1.1',
    '203.0.113.9.',
    '203.0.113.9/32',
    '203.0.113.9:',
    '[203.0.113.9',
    '::ffff:999.1.1.1',
    '1::2::3',
    '2001:db8::7:443:99999:1:2:3:4',
    '<script>alert(1)</script>',
    '203.0.113.9; DROP TABLE users',
    '"203.0.113.9"',
    '1'.repeat(8_000),
    '%eth0',
    '\u0000',
  ])('is the proxy itself when it names %j, and what stands before is not looked at', (junk) => {
    expect(proxies.clientOf(PROXY, junk)).toBe(PROXY);
    expect(proxies.clientOf(PROXY, `203.0.113.9, ${junk}`)).toBe(PROXY);
    expect(proxies.clientOf(PROXY, `203.0.113.9, ${junk}, 10.2.2.2`)).toBe('10.2.2.2');
  });

  it('is found behind a peer in any spelling', () => {
    for (const peer of ['::ffff:10.0.0.1', '2001:DB8:AA::1', '192.0.2.10']) {
      expect(proxies.clientOf(peer, '203.0.113.9')).toBe('203.0.113.9');
    }
    expect(proxies.clientOf('2001:db8:ab::1', '203.0.113.9')).toBe('2001:db8:ab::1');
    expect(proxies.clientOf(undefined, '203.0.113.9')).toBeUndefined();
  });

  it('does not take 10.0.0.1 for a proxy because ::/0 is one', () => {
    expect(new TrustedProxies(['::/0']).clientOf(PROXY, '203.0.113.9')).toBe(PROXY);
  });
});
