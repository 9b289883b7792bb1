import { jest } from '@jest/globals';
import { ensureBuilt, isolatedSettings, startBuilt, type BuiltProduct } from '../support/built-product.js';
import { RestClient, type RestAnswer } from '../support/rest-client.js';

jest.setTimeout(300_000);

const MIB = 1_048_576;
/** The default cost of a hash; two at once are the most that this product may compute. */
const HASH_MIB = 64;
const MAX_HASHES = 2;
/** What else grows in a process that answers as fast as it can: heap, sockets, pages the allocator keeps. */
const ALLOWANCE_MIB = 192;
const CLIENTS = 60;
/** Wrong passwords that strangers may try at one account; nothing of it comes back during the test. */
const PER_ACCOUNT = 20;
const OWNER = { name: 'Ada Lovelace', email: 'ada@example.test', password: 'Tr0mbone-Quartet' };
const HOME = '192.0.2.77';

const via = (address: string) => ({ headers: { 'x-forwarded-for': address } });
const login = (rest: RestClient, email: string, password: string, address: string): Promise<RestAnswer> =>
  rest.post('/api/v1/auth/login', { email, password }, via(address));

/** Clients that send the next wrong password as soon as the last is answered, until they are told to stop. */
class Flood {
  readonly answers = new Map<number, number>();
  readonly unfit: string[] = [];
  /** Reached when this many answers have come. */
  readonly underWay: Promise<void>;
  #sent = 0;
  #isOver = false;
  readonly #clients: Promise<void>[];

  constructor(rest: RestClient, attack: (n: number) => { email: string; address: string }) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.underWay = promise;
    this.#clients = Array.from({ length: CLIENTS }, async () => {
      while (!this.#isOver) {
        const { email, address } = attack(this.#sent++);
        const { status, headers, text } = await login(rest, email, 'Wr0ng-password', address);
        this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
        // On a slow machine a stranger's turn may come later than a request may take: 504.
        const isFit =
          [401, 504].includes(status) || ([429, 503].includes(status) && headers.has('retry-after'));
        if (!isFit) this.unfit.push(`${status} ${text}`);
        if (this.total >= CLIENTS) resolve();
      }
    });
  }

  get total(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }
}

describe('F9: a flood of sign-ins', () => {
  let product: BuiltProduct;
  let rest: RestClient;

  beforeAll(async () => {
    await ensureBuilt();
    product = await startBuilt({
      ...(await isolatedSettings()),
      ARCANA_RATE_LIMIT__ENABLED: 'false',
      ARCANA_SERVER__REST__TRUSTED_PROXIES: '127.0.0.1',
      ARCANA_SECURITY__ARGON2__MAX_CONCURRENT: String(MAX_HASHES),
      ARCANA_SECURITY__ARGON2__MEMORY_KIB: String(HASH_MIB * 1024),
      ARCANA_SECURITY__SIGN_IN_THROTTLE__FAILURES_PER_ACCOUNT: String(PER_ACCOUNT),
      ARCANA_SECURITY__SIGN_IN_THROTTLE__WINDOW_SECS: '86400',
    });
    rest = new RestClient(product.restUrl);
    expect((await rest.post('/api/v1/auth/register', OWNER, via(HOME))).status).toBe(201);
    expect((await login(rest, OWNER.email, OWNER.password, HOME)).status).toBe(200);
  });
  afterAll(async () => expect(await product.stop()).toBe(0));

  /** A figure of the product's own metrics. */
  async function figure(name: string): Promise<number> {
    const text = await (await fetch(`${product.managementUrl}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)![1]);
  }

  const random = (max: number): number => Math.floor(Math.random() * max);

  it.each([
    [
      'on one account from ever new addresses',
      (n: number) => ({ email: OWNER.email, address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}` }),
    ],
    [
      'on many accounts from many addresses',
      (n: number) => ({ email: `nobody-${n}@example.test`, address: `172.16.${random(64)}.${random(250)}` }),
    ],
    [
      'on many accounts from the owner’s own address',
      (n: number) => ({ email: `nobody-${n}@example.test`, address: HOME }),
    ],
  ])(
    '%s takes no more memory than its hashes may, and the owner still gets in from a known address',
    async (title, attack) => {
      const before = await figure('process_resident_memory_bytes');
      const flood = new Flood(rest, attack);
      await flood.underWay;
      let most = 0;
      let lag = 0;
      for (let n = 0; n < 5; n++) {
        expect((await login(rest, OWNER.email, OWNER.password, HOME)).status).toBe(200);
        expect((await rest.get('/health/live')).status).toBe(200);
        expect((await fetch(`${product.managementUrl}/health/live`)).status).toBe(200);
        most = Math.max(most, await figure('process_resident_memory_bytes'));
        lag = Math.max(lag, await figure('nodejs_eventloop_lag_p99_seconds'));
      }
      await flood.stop();
      expect(flood.unfit).toEqual([]);
      const grown = Math.round((most - before) / MIB);
      expect(grown).toBeLessThan(MAX_HASHES * HASH_MIB + ALLOWANCE_MIB);
      process.stderr.write(
        `login flood ${title}: ${JSON.stringify(Object.fromEntries(flood.answers))}, ` +
          `grown by ${grown} MiB, event loop lag p99 at most ${Math.round(lag * 1000)} ms\n`,
      );
    },
  );

  it('[6.3.1] on one account tries no more passwords than strangers may, and leaves others alone', async () => {
    const email = 'bob@example.test';
    const flood = new Flood(rest, (n) => ({ email, address: `10.9.${(n >> 8) & 255}.${n & 255}` }));
    await flood.underWay;
    while ((flood.answers.get(429) ?? 0) < 2 * CLIENTS) {
      expect((await rest.get('/health/live')).status).toBe(200);
    }
    await flood.stop();
    expect(flood.answers.get(401)).toBe(PER_ACCOUNT);
    expect((await login(rest, OWNER.email, OWNER.password, HOME)).status).toBe(200);
  });
});
