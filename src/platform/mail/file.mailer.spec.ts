import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FileMailer } from './file.mailer.js';
import type { Mail } from './mailer.js';

// A UUID v7 made at 2026-01-01T00:00:00.123Z.
const JOB_ID = '019b76da-a87b-7abc-8def-0123456789ab';
const MAIL: Mail = {
  to: 'ada@example.com',
  subject: 'Grüße aus Köln',
  text: 'Open https://example.com/verify?token=secret-token\n',
  html: '<p>Open <a href="https://example.com/verify?token=secret-token">this</a></p>',
  message_id: `<${JOB_ID}@arcana-cloud>`,
};

describe('FileMailer', () => {
  let directory: string;
  let mailer: FileMailer;
  let log: jest.SpiedFunction<Logger['log']>;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'arcana-mail-')), 'mail');
    mailer = new FileMailer({ from: 'Arcana Cloud <no-reply@arcana.localhost>', directory });
    log = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
  });
  afterEach(async () => {
    log.mockRestore();
    await rm(join(directory, '..'), { recursive: true });
  });

  it('writes a mail that any mail program can open', async () => {
    const { location } = await mailer.send({ ...MAIL, headers: { 'X-Arcana-Job': JOB_ID } });
    const content = await readFile(location, 'utf8');
    const [head = '', ...body] = content.split('\r\n\r\n');
    expect(head.split('\r\n')).toEqual(
      expect.arrayContaining([
        'From: Arcana Cloud <no-reply@arcana.localhost>',
        'To: ada@example.com',
        'Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=',
        `Message-ID: <${JOB_ID}@arcana-cloud>`,
        'Date: Thu, 01 Jan 2026 00:00:00 +0000',
        'MIME-Version: 1.0',
        `X-Arcana-Job: ${JOB_ID}`,
      ]),
    );
    expect(head).toContain('Content-Type: multipart/alternative');
    expect(body.join('\r\n\r\n')).toContain('Content-Type: text/plain; charset=utf-8');
    expect(body.join('\r\n\r\n')).toContain('Content-Type: text/html; charset=utf-8');
    expect(content.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  it('leaves a token that fits its line in one piece, so that it can be read off the file', async () => {
    const token = 'CBpRFKc0ulW20T7l7YzsVWVRetpAABAQojnOjsxyneg';
    const text = `Within 24 hours, send a POST request to http://localhost:8080/api/v1/auth/verify-email with this body:\n\n  {"token":"${token}"}\n\nBye.\n`;
    const { location } = await mailer.send({ ...MAIL, text });
    expect((await readFile(location, 'utf8')).split('\r\n')).toContain(`  {"token":"${token}"}`);
  });

  it('names the file by time and id, for the owner alone', async () => {
    const { location } = await mailer.send(MAIL);
    expect(location).toBe(join(directory, `2026-01-01T00-00-00-123Z-${JOB_ID}.eml`));
    expect((await stat(location)).mode & 0o777).toBe(0o600);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
  });

  it('replaces the file when the same mail is sent again, also at the same moment', async () => {
    await Promise.all([mailer.send(MAIL), mailer.send(MAIL), mailer.send({ ...MAIL, subject: 'Again' })]);
    expect(await readdir(directory)).toEqual([`2026-01-01T00-00-00-123Z-${JOB_ID}.eml`]);
  });

  it('names the file by the id alone when that holds no time', async () => {
    const { location } = await mailer.send({ ...MAIL, message_id: '<welcome.42@arcana-cloud>' });
    expect(location).toBe(join(directory, 'welcome.42.eml'));
  });

  it('logs where the mail is, and neither what it says nor to whom', async () => {
    const { location } = await mailer.send(MAIL);
    const logged = JSON.stringify(log.mock.calls);
    expect(logged).toContain(location);
    expect(logged).not.toMatch(/secret-token|ada@example\.com|Köln/);
  });

  it.each<[string, Partial<Mail>]>([
    ['to', { to: 'ada@example.com\r\nBcc: eve@example.com' }],
    ['to', { to: 'ada@example.com, eve@example.com' }],
    ['to', { to: 'Ada <ada@example.com>' }],
    ['to', { to: 'ada' }],
    ['subject', { subject: 'Hello\r\nBcc: eve@example.com' }],
    ['subject', { subject: 'Hello\u2028there' }],
    ['subject', { subject: '' }],
    ['message_id', { message_id: `<${JOB_ID}@a>\r\nBcc: eve@example.com` }],
    ['message_id', { message_id: '<../../etc/passwd@arcana-cloud>' }],
    ['message_id', { message_id: JOB_ID }],
    ['headers', { headers: { 'X-Note': 'a\nBcc: eve@example.com' } }],
    ['headers', { headers: { 'X-Note: a\r\nBcc': 'eve@example.com' } }],
    ['headers', { headers: { Bcc: 'eve@example.com' } }],
  ])('refuses %s when it is %p, and writes nothing', async (field, part) => {
    await expect(mailer.send({ ...MAIL, ...part })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ field }],
    });
    await expect(readdir(directory)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('says that it may be tried again when the file cannot be written, and leaves no draft', async () => {
    await writeFile(directory, 'a file where the folder should be');
    await expect(mailer.send(MAIL)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(await readdir(join(directory, '..'))).toEqual(['mail']);
  });
});
