import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../support/eventually.js';
import { startProduct } from '../support/over-links.js';
import type { Json } from '../support/rest-client.js';

const SECRET = 'a-secret-of-at-least-thirty-two-bytes';

/** A directory that keeps what it is told, as one outside would. */
class Directory {
  readonly received: { id: string; type: string; data: Json; isSigned: boolean }[] = [];
  /** Statuses to answer with; 200 when there is none left. */
  readonly answers: number[] = [];
  readonly #server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => (body += String(data)));
    request.on('end', () => {
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers;
      const expected = createHmac('sha256', SECRET).update(`${String(id)}.${String(at)}.${body}`);
      const isSigned = signature === `v1,${expected.digest('base64')}`;
      this.received.push({ id: String(id), ...JSON.parse(body), isSigned });
      response.writeHead(this.answers.shift() ?? 200).end();
    });
  });

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  close(): Promise<unknown> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

describe('the copy of the accounts in a directory outside', () => {
  const directory = new Directory();
  let product: Awaited<ReturnType<typeof startProduct>>;
  let token: string;

  beforeAll(async () => {
    const port = await directory.listen();
    product = await startProduct({
      ARCANA_SYNC__URL: `http://127.0.0.1:${port}/accounts`,
      ARCANA_SYNC__SECRET: SECRET,
      ARCANA_OUTBOUND__ALLOW_HTTP: 'true',
      ARCANA_OUTBOUND__ALLOWED_PORTS: String(port),
      ARCANA_OUTBOUND__ALLOWED_ADDRESSES: '127.0.0.1',
    });
    ({ token } = await product.people.withRole('super_admin'));
    await sync();
  });

  afterAll(async () => {
    await (product as typeof product | undefined)?.stop();
    await directory.close();
  });

  beforeEach(() => {
    directory.received.length = 0;
    directory.answers.length = 0;
  });

  /** Runs the job as an operator would who does not want to wait for its next turn. */
  async function sync(): Promise<Json> {
    const made = await product.rest.post('/api/v1/jobs/jobs', { type: 'sync.pending_users' }, { token });
    return eventually('the job is done', async () => {
      const { body } = await product.rest.get(`/api/v1/jobs/jobs/${made.body.id}`, { token });
      if (body.state === 'DEAD_LETTER') throw new Error(body.error);
      return body.state === 'COMPLETED' ? body : undefined;
    });
  }
  const statusOf = async (id: string): Promise<string> =>
    (await product.rest.get(`/api/v1/users/${id}`, { token })).body.sync_status;

  it('learns of every change of an account, signed, once for each version', async () => {
    const ada = await product.people.newcomer();
    const path = `/api/v1/users/${ada.id}`;
    const change = async (method: string, to: string, body?: object): Promise<void> => {
      const answer = await product.rest.send(method, to, { token, body });
      expect([to, answer.status < 300]).toEqual([to, true]);
    };
    expect(await statusOf(ada.id)).toBe('PENDING');
    expect((await sync()).result).toEqual({ synced: 1, retried: 0, failed: 0 });
    expect(await statusOf(ada.id)).toBe('SYNCED');
    const acts: [string, string, object?][] = [
      ['PATCH', path, { name: 'Countess' }],
      ['PATCH', `${path}/role`, { role: 'moderator' }],
      ['PATCH', `${path}/status`, { status: 'suspended' }],
      ['DELETE', path],
      ['POST', `${path}/restore`],
    ];
    for (const act of acts) {
      await change(...act);
      await sync();
    }
    expect(
      directory.received.map(({ type, data, isSigned }) => [
        type,
        data.name,
        data.role,
        data.status,
        isSigned,
      ]),
    ).toEqual([
      ['user.upserted', 'Ada Lovelace', 'user', expect.any(String), true],
      ['user.upserted', 'Countess', 'user', expect.any(String), true],
      ['user.upserted', 'Countess', 'moderator', expect.any(String), true],
      ['user.upserted', 'Countess', 'moderator', 'suspended', true],
      ['user.deleted', 'Countess', 'moderator', 'deleted', true],
      ['user.upserted', 'Countess', 'moderator', 'suspended', true],
    ]);
    const versions = directory.received.map(({ data }) => data.version as number);
    expect(versions).toEqual([...versions].sort((one, other) => one - other));
    expect(new Set(directory.received.map(({ id }) => id)).size).toBe(6);
    expect(JSON.stringify(directory.received)).not.toMatch(/password|sync_status|epoch/);
  });

  it('is told nothing twice', async () => {
    expect((await sync()).result).toEqual({ synced: 0, retried: 0, failed: 0 });
    expect(directory.received).toEqual([]);
  });

  it('that fails is asked again later; what it refuses is FAILED until the account changes', async () => {
    const [one, other] = [await product.people.newcomer(), await product.people.newcomer()];
    directory.answers.push(500, 500);
    expect((await sync()).result).toEqual({ synced: 0, retried: 2, failed: 0 });
    expect(await statusOf(one.id)).toBe('PENDING');
    expect((await sync()).result).toEqual({ synced: 0, retried: 0, failed: 0 });
    const rename = { token, body: { name: 'Another' } };
    for (const { id } of [one, other]) await product.rest.send('PATCH', `/api/v1/users/${id}`, rename);
    directory.answers.push(422, 422);
    expect((await sync()).result).toEqual({ synced: 0, retried: 0, failed: 2 });
    expect(await statusOf(one.id)).toBe('FAILED');
    await product.rest.send('PATCH', `/api/v1/users/${one.id}`, { token, body: { name: 'A third' } });
    expect(await statusOf(one.id)).toBe('PENDING');
    expect((await sync()).result).toEqual({ synced: 1, retried: 0, failed: 0 });
    expect([await statusOf(one.id), await statusOf(other.id)]).toEqual(['SYNCED', 'FAILED']);
  });
});
