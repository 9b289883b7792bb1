import type { LookupAddress } from 'node:dns';
import { OutboundSettings } from '../config/index.js';
import { TargetRules } from './target-rules.js';

const rules = (settings: Partial<OutboundSettings> = {}, resolved: string[] = []) =>
  new TargetRules(Object.assign(new OutboundSettings(), settings), (_host, done) =>
    done(
      null,
      resolved.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    ),
  );

const lookedUp = (of: TargetRules, all: boolean): Promise<unknown> =>
  new Promise((resolve, reject) => {
    of.lookup('upstream.example', { all }, (error, address, family) =>
      error ? reject(error) : resolve(all ? address : [address, family]),
    );
  });

describe('a target', () => {
  it.each(['https://directory.example/x', 'https://1.1.1.1/', 'https://[2606:4700::1111]/'])(
    'may be called: %s',
    (url) => expect(rules().check(url).href).toBe(url),
  );

  it.each([
    'http://directory.example/',
    'https://directory.example:8443/',
    'ftp://directory.example/',
    'file:///etc/passwd',
    'https://user:secret@directory.example/',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://169.254.169.254/latest/meta-data/',
    'not a url',
  ])('is refused before anything is sent: %s', (url) => {
    expect(() => rules().check(url)).toThrow(expect.objectContaining({ problem: 'refused' }));
  });

  it('may be on further ports, over http, and inside, when configured', () => {
    const open = rules({
      allow_http: true,
      allowed_ports: ['80', '8080'],
      allowed_addresses: ['127.0.0.0/8'],
    });
    for (const url of ['http://directory.example/', 'http://127.0.0.1:8080/'])
      expect(open.check(url).href).toBe(url);
    expect(() => open.check('https://directory.example/')).toThrow('port 443 is not allowed');
    expect(() => open.check('http://10.0.0.1/')).toThrow('10.0.0.1 is no public address');
  });

  it('is connected to at the addresses that were judged, and at none when none may be reached', async () => {
    const mixed = rules({}, ['10.0.0.1', '1.1.1.1', '::1']);
    expect(await lookedUp(mixed, true)).toEqual([
      { address: '1.1.1.1', family: 4 },
    ] satisfies LookupAddress[]);
    expect(await lookedUp(mixed, false)).toEqual(['1.1.1.1', 4]);
    await expect(lookedUp(rules({}, ['10.0.0.1']), true)).rejects.toMatchObject({ problem: 'refused' });
    expect(await lookedUp(rules({ allowed_addresses: ['10.0.0.1'] }, ['10.0.0.1']), false)).toEqual([
      '10.0.0.1',
      4,
    ]);
  });

  it('whose name is unknown is told so', async () => {
    const unknown = new TargetRules(new OutboundSettings(), (_host, done) =>
      done(new Error('ENOTFOUND'), []),
    );
    await expect(lookedUp(unknown, true)).rejects.toThrow('ENOTFOUND');
  });
});
