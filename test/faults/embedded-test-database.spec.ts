import { createConnection } from 'node:net';
import { once } from 'node:events';
import { jest } from '@jest/globals';
import { createTestDatabase, ensureTemplateDatabase } from '../support/embedded-postgres.js';
import { query } from '../support/embedded-process.js';
import { claimRedisDatabase, describeWithRedis } from '../support/redis.js';

jest.setTimeout(60_000);

describe('a test database', () => {
  it('is of its own', async () => {
    const [mine, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await query(mine.url, 'CREATE TABLE only_here ()');
    await expect(query(other.url, 'SELECT FROM only_here')).rejects.toMatchObject({ code: '42P01' });
    await Promise.all([mine.drop(), other.drop()]);
  });

  it('is gone when it was dropped, whoever was connected', async () => {
    const database = await createTestDatabase();
    const cut = query(database.url, 'SELECT pg_sleep(600)').catch((error: unknown) => error);
    await database.drop();
    expect(await cut).toBeInstanceOf(Error);
    await expect(query(database.url, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });

  it('is a copy of a template that is prepared once, however many ask for it', async () => {
    const prepare = jest.fn(async (url: string) => {
      await query(url, 'CREATE TABLE prepared AS SELECT 42 AS answer');
    });
    const name = `template_${process.pid}`;
    const copies = await Promise.all(
      Array.from({ length: 4 }, async () =>
        createTestDatabase({ template: await ensureTemplateDatabase(name, prepare) }),
      ),
    );
    expect(prepare).toHaveBeenCalledTimes(1);
    for (const copy of copies) {
      expect(await query(copy.url, 'SELECT answer FROM prepared')).toEqual([{ answer: 42 }]);
      await copy.drop();
    }
  });

  it('template that could not be prepared is prepared again', async () => {
    const name = `failing_template_${process.pid}`;
    await expect(
      ensureTemplateDatabase(name, () => Promise.reject(new Error('migration failed'))),
    ).rejects.toThrow('migration failed');
    const copy = await createTestDatabase({
      template: await ensureTemplateDatabase(name, async (url) => {
        await query(url, 'CREATE TABLE prepared ()');
      }),
    });
    expect(await query(copy.url, 'SELECT FROM prepared')).toEqual([]);
    await copy.drop();
  });
});

describeWithRedis('a Redis database of a test', () => {
  it('is of its own, on a server that answers and keeps what it is given', async () => {
    const urls = await Promise.all([claimRedisDatabase(), claimRedisDatabase()]);
    expect(new Set(urls).size).toBe(2);
    const { hostname, port, pathname } = new URL(urls[0]);
    const socket = createConnection(Number(port), hostname);
    socket.write(`SELECT ${pathname.slice(1)}\r\nCONFIG GET maxmemory-policy\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^\+OK[^]*noeviction/);
  });
});
