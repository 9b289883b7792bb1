import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { ConfigDirectory } from '../../../test/support/config-directory.js';
import { ConfigurationError } from './configuration.error.js';
import { loadConfig } from './load-config.js';
import { mailTransport } from './mail.settings.js';

const PRODUCTION = {
  ARCANA_ENVIRONMENT: 'production',
  ARCANA_DATABASE__URL: 'postgres://u:p@db/arcana',
  ARCANA_SECURITY__JWT_SECRET: randomBytes(32).toString('base64'),
};

function load(env: Record<string, string>) {
  using directory = new ConfigDirectory({ 'config/production.toml': '' });
  return loadConfig({ argv: [], directory: directory.path, env }).config.mail;
}

function problems(env: Record<string, string>): readonly string[] {
  try {
    load(env);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as ConfigurationError).problems;
  }
}

describe('the way of mails', () => {
  it.each([
    ['file', {}],
    ['smtp', { ARCANA_MAIL__SMTP__URL: 'smtp://mail.example.com' }],
    ['smtp', { ARCANA_MAIL__SMTP__HOST: 'mail.example.com' }],
    ['none', { ARCANA_MAIL__SMTP__HOST: 'mail.example.com', ARCANA_MAIL__TRANSPORT: 'none' }],
    ['none', { ...PRODUCTION, ARCANA_MAIL__TRANSPORT: 'none' }],
    ['file', { ...PRODUCTION, ARCANA_MAIL__TRANSPORT: 'file' }],
  ])('is %s with %j', (transport, env) => {
    expect(mailTransport(load(env as Record<string, string>))).toBe(transport);
  });

  it('is not left to chance in production', () => {
    expect(problems(PRODUCTION)).toEqual([
      'ARCANA_MAIL__SMTP__URL is required in production, where mails must reach people: give it the smtp:// URL of your server, or say with ARCANA_MAIL__TRANSPORT=none that no mail is sent.',
    ]);
  });

  it('needs a server where it is said to be SMTP', () => {
    expect(problems({ ARCANA_MAIL__TRANSPORT: 'smtp' })).toEqual([
      'ARCANA_MAIL__TRANSPORT is smtp, but there is no server: give its address in ARCANA_MAIL__SMTP__URL.',
    ]);
  });
});

describe('the mail server', () => {
  it('is named once', () => {
    const url = 'smtp://user:secret@mail.example.com';
    expect(
      problems({ ARCANA_MAIL__SMTP__URL: url, ARCANA_MAIL__SMTP__HOST: 'a', ARCANA_MAIL__SMTP__USER: 'b' }),
    ).toEqual([
      'ARCANA_MAIL__SMTP__URL and ARCANA_MAIL__SMTP__HOST are both set: say it in one of them.',
      'ARCANA_MAIL__SMTP__URL and ARCANA_MAIL__SMTP__USER are both set: say it in one of them.',
      'ARCANA_MAIL__SMTP__USER and ARCANA_MAIL__SMTP__PASSWORD belong together: set both or neither.',
    ]);
  });

  it.each(['http://mail.example.com', 'mail.example.com', 'smtp://'])('is not at %s', (url) => {
    expect(problems({ ARCANA_MAIL__SMTP__URL: url })).toEqual([
      expect.stringContaining('must be a URL that starts with smtp:// or smtps://'),
    ]);
  });

  it('gets no password in clear in production', () => {
    const tls = { ...PRODUCTION, ARCANA_MAIL__SMTP__TLS: 'none' };
    const refused = [
      'ARCANA_MAIL__SMTP__TLS is none, which would send the password of the mail server in clear: use starttls or implicit.',
    ];
    const signedIn = { ARCANA_MAIL__SMTP__USER: 'u', ARCANA_MAIL__SMTP__PASSWORD: 'p' };
    expect(problems({ ...tls, ARCANA_MAIL__SMTP__HOST: 'relay', ...signedIn })).toEqual(refused);
    expect(problems({ ...tls, ARCANA_MAIL__SMTP__URL: 'smtp://u:p@relay' })).toEqual(refused);
    expect(problems({ ...tls, ARCANA_MAIL__SMTP__URL: 'smtps://u:p@relay' })).toEqual([]);
    expect(problems({ ...tls, ARCANA_MAIL__SMTP__HOST: 'relay' })).toEqual([]);
  });
});
