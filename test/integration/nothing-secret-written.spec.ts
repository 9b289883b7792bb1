import { randomBytes, randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { ADMIN } from '../support/application.js';
import { findPassages } from '../support/find-passages.js';
import { startProduct, type TestProduct } from '../support/over-links.js';
import { leaksIn, noteSecret } from '../support/used-secrets.js';

/** What the end of a product says when this was done while it ran. */
async function endAfter(act: (product: TestProduct) => Promise<void> | void): Promise<string> {
  const product = await startProduct();
  const failure = await Promise.resolve(act(product)).then(
    () => undefined,
    (error: unknown) => error,
  );
  const end = await product.stop().then(
    () => 'nothing',
    (error: unknown) => (error as Error).message,
  );
  if (failure !== undefined) throw failure as Error;
  return end;
}

const logger = new Logger('Chatty');

describe('the net under every suite that boots the product', () => {
  it('lets an ordinary life pass', async () => {
    const end = await endAfter(async ({ people }) => {
      const person = await people.appoint('moderator');
      await people.keyOf(person);
    });
    expect(end).toBe('nothing');
  });

  it('catches in the log: a password at debug, a token cut short, a key in base64, a hash', async () => {
    const secrets: string[] = [];
    const end = await endAfter(async ({ people }) => {
      const person = await people.newcomer();
      const { token: key } = await people.keyOf(person);
      secrets.push(ADMIN.password, person.refreshToken, key);
      await people.withRole('super_admin');
      logger.debug(`said ${ADMIN.password}`);
      logger.log({ given: person.refreshToken.slice(0, 30) });
      logger.warn(`Basic ${Buffer.from(`service:${key}`).toString('base64')}`);
      logger.log('kept $argon2id$v=19$m=65536');
    });
    expect(end).toContain('ARCANA_BOOTSTRAP__ADMIN_PASSWORD: the log, line');
    expect(end).toMatch(/a refresh_token: the log, line \d+ \(info, Chatty\)/);
    expect(end).toMatch(/a key, in base64: the log, line \d+ \(warn, Chatty\)/);
    expect(end).toMatch(/a hash of a password: the log/);
    for (const secret of secrets) expect(end).not.toContain(secret);
  });

  it('catches in the database: the audit log, the outbox, the records of jobs', async () => {
    const end = await endAfter(async ({ app, people }) => {
      const { token, refreshToken } = await people.newcomer();
      const client = new pg.Client({ connectionString: app.database.url });
      await client.connect();
      await client.query(
        `INSERT INTO audit_logs (id, action, details, request_id) VALUES ($1, 'TEST', $2, 'test')`,
        [randomUUID(), { token }],
      );
      await client.query(`UPDATE jobs SET payload = jsonb_build_object('link', $1::text)`, [
        `/reset?token=${encodeURIComponent(refreshToken)}`,
      ]);
      await client.end();
    });
    expect(end).toMatch(/a (access_token|credential): the table audit_logs/);
    expect(end).toContain('a refresh_token: the table jobs');
  });

  it('catches an address and a name at info, and lets them pass at debug', async () => {
    const told = await endAfter(async ({ people }) => {
      const { email, name } = await people.newcomer();
      logger.log(`${email} came`);
      logger.log(`${name} came`);
    });
    expect(told).toMatch(/an e-mail address: the log, line \d+ \(info, Chatty\)/);
    expect(told).toMatch(/the name of a person: the log, line \d+ \(info, Chatty\)/);
    const quiet = await endAfter(async ({ people }) => {
      logger.debug(`${(await people.newcomer()).email} came`);
    });
    expect(quiet).toBe('nothing');
  });
});

describe('the search', () => {
  it('finds what looking for one after the other finds', () => {
    const text = randomBytes(20_000).toString('hex');
    const needles = Array.from({ length: 500 }, (_, n) =>
      n % 2 === 0 ? text.slice(n * 70, n * 70 + 8 + (n % 9)) : randomBytes(6).toString('hex'),
    );
    const found = findPassages(new Map(needles.map((needle) => [needle, needle])))(text);
    expect(new Set(found.map(({ what }) => what))).toEqual(
      new Set(needles.filter((needle) => text.includes(needle))),
    );
    expect(found.length).toBeGreaterThanOrEqual(250);
  });

  it.each(['', 'x', 'xy'])('finds a secret in base64 wherever it stands: after %j', (before) => {
    const secret = `Pass-${randomBytes(9).toString('hex')} ä`;
    noteSecret(secret, 'a word');
    for (const encoding of ['base64', 'base64url'] as const) {
      const text = Buffer.from(`${before}${secret}!`).toString(encoding);
      expect(leaksIn([{ name: 'here', text }])).toEqual([{ place: 'here', what: 'a word, in base64' }]);
    }
    expect(leaksIn([{ name: 'here', text: `?q=${encodeURIComponent(secret)}` }])).toHaveLength(1);
  });
});
