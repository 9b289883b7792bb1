import { randomBytes } from 'node:crypto';
import { eventually } from '../support/eventually.js';
import { KeyMount, keyTime, newKeyPair, type PairAlgorithm } from '../support/key-files.js';
import { startProduct, type TestProduct } from '../support/over-links.js';
import type { Json } from '../support/rest-client.js';

/** Seconds; short, for the old key is removed when its tokens are over. */
const TOKENS_LIVE_SECS = 4;
const ALGORITHMS = ['HS256', 'ES256', 'RS256'] as const;
type Algorithm = (typeof ALGORITHMS)[number];

const suffixOf = (algorithm: Algorithm): string => (algorithm === 'HS256' ? '.secret' : '.pem');
const newKey = (algorithm: Algorithm): string =>
  algorithm === 'HS256' ? randomBytes(48).toString('base64url') : newKeyPair(algorithm).pem;
const inSecs = (secs: number): Date => new Date(Date.now() + secs * 1000);
const kidOf = (token: string): string | undefined =>
  JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid;
const expiryOf = (token: string): number =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).exp * 1000;

/** A client that goes back and forth between two processes: each verifies what the other signed, at once and later. */
class Traveller {
  readonly failures: string[] = [];
  readonly signed = new Map<string | undefined, number>();
  last = '';
  #refreshToken = '';
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(private readonly products: readonly TestProduct[]) {}

  async start(): Promise<void> {
    const person = await this.products[0]!.people.newcomer();
    [this.last, this.#refreshToken] = [person.token, person.refreshToken];
    this.#running = this.#travel();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #travel(): Promise<void> {
    for (let turn = 0; !this.#stopped; turn++) {
      const signer = this.products[turn % 2]!;
      const verifier = this.products[(turn + 1) % 2]!;
      const previous = this.last;
      const { status, body } = await signer.rest.post('/api/v1/auth/refresh', {
        refresh_token: this.#refreshToken,
      });
      if (status !== 200) {
        this.failures.push(`refresh: ${status} ${JSON.stringify(body)}`);
        return;
      }
      [this.last, this.#refreshToken] = [body.access_token, body.refresh_token];
      this.signed.set(kidOf(this.last), (this.signed.get(kidOf(this.last)) ?? 0) + 1);
      await this.#verify('new', verifier, this.last);
      await this.#verify('new', signer, this.last);
      // With time to spare: what has expired is no failure.
      if (expiryOf(previous) > Date.now() + 1000) await this.#verify('previous', verifier, previous);
    }
  }

  async #verify(what: string, { rest, grpc }: TestProduct, token: string): Promise<void> {
    const { status, text } = await rest.get('/api/v1/auth/me', { token });
    if (status !== 200) this.failures.push(`${what}: ${status} ${text}`);
    const { response } = await grpc.unary<Json>('arcana.auth.v1.AuthService/ValidateToken', {
      access_token: token,
    });
    if (!response.valid) this.failures.push(`${what}: not valid on gRPC`);
  }
}

describe.each(ALGORITHMS)('keys of %s are replaced under load', (algorithm) => {
  it('on two processes without a restart and without one failed request [F14, 9.2, 11.2]', async () => {
    const suffix = suffixOf(algorithm);
    const [first, second] = [newKey(algorithm), newKey(algorithm)];
    const firstName = `${keyTime(inSecs(-60))}${suffix}`;
    const mount = await KeyMount.create({ [firstName]: first });
    const env = {
      ARCANA_SECURITY__JWT_ALGORITHM: algorithm,
      ARCANA_SECURITY__JWT_KEYS_DIRECTORY: mount.path,
      ARCANA_SECURITY__JWT_KEYS_RELOAD_SECS: '1',
      ARCANA_SECURITY__JWT_ACCESS_EXPIRATION_SECS: String(TOKENS_LIVE_SECS),
      ARCANA_SECURITY__CLOCK_LEEWAY_SECS: '0',
    };
    const one = await startProduct(env);
    const other = await startProduct({ ...env, ARCANA_DATABASE__URL: one.app.database.url });
    const products = [one, other] as const;
    const travellers = Array.from({ length: 4 }, () => new Traveller(products));
    const bothAccept = (count: number): Promise<unknown> =>
      Promise.all(
        products.map(({ app }) =>
          eventually(`a process accepts ${count} keys`, async () => {
            const metrics = await (await fetch(`${app.managementUrl}/metrics`)).text();
            return metrics.includes(`\narcana_signing_keys ${count}\n`) ? true : undefined;
          }),
        ),
      );
    try {
      await Promise.all(travellers.map((traveller) => traveller.start()));
      const secondName = `${keyTime(inSecs(5))}${suffix}`;
      await mount.swap({ [firstName]: first, [secondName]: second });
      await bothAccept(2);
      if (algorithm !== 'HS256') {
        for (const { rest } of products)
          expect((await rest.get('/.well-known/jwks.json')).body.keys).toHaveLength(2);
        const before = new Set(travellers.flatMap(({ signed }) => [...signed.keys()]));
        const { body } = await one.rest.get('/.well-known/jwks.json');
        await eventually('the new key signs in both', async () =>
          travellers.every(({ last }) => !before.has(kidOf(last))) ? true : undefined,
        );
        // What signs now stood in the set before it did.
        for (const { last } of travellers)
          expect(body.keys).toContainEqual(expect.objectContaining({ kid: kidOf(last) }));
      }
      const lastOfOld = Date.parse(
        secondName.replace(/^(....)(..)(..)T(..)(..)(..)Z.*$/, '$1-$2-$3T$4:$5:$6Z'),
      );
      const isOver = async (): Promise<true | undefined> =>
        Date.now() > lastOfOld + (TOKENS_LIVE_SECS + 4) * 1000 ? true : undefined;
      await eventually('the tokens of the old key are over', isOver);

      await mount.swap({ [secondName]: second });
      await bothAccept(1);
      // A little longer with the new key alone.
      const turns = travellers.map(({ last }) => last);
      await eventually('everybody went on', async () =>
        travellers.every(({ last }, index) => last !== turns[index]) ? true : undefined,
      );
      await Promise.all(travellers.map((traveller) => traveller.stop()));

      expect(travellers.flatMap(({ failures }) => failures)).toEqual([]);
      expect(new Set(travellers.flatMap(({ signed }) => [...signed.keys()])).size).toBe(
        algorithm === 'HS256' ? 1 : 2,
      );
    } finally {
      await Promise.all(travellers.map((traveller) => traveller.stop()));
      await other.stop();
      await one.stop();
      await mount.remove();
    }
  });
});

describe('a key that is withdrawn at once', () => {
  it.each<PairAlgorithm>(['ES256', 'RS256'])(
    'because it was stolen ends its tokens in both processes at their next reading (%s) [F14]',
    async (algorithm) => {
      const mount = await KeyMount.create({ 'a.pem': newKey(algorithm) });
      const env = {
        ARCANA_SECURITY__JWT_ALGORITHM: algorithm,
        ARCANA_SECURITY__JWT_KEYS_DIRECTORY: mount.path,
        ARCANA_SECURITY__JWT_KEYS_RELOAD_SECS: '1',
      };
      const one = await startProduct(env);
      const other = await startProduct({ ...env, ARCANA_DATABASE__URL: one.app.database.url });
      try {
        const person = await one.people.newcomer();
        const status = async ({ rest }: TestProduct, token: string): Promise<number> =>
          (await rest.get('/api/v1/auth/me', { token })).status;
        for (const product of [one, other]) expect(await status(product, person.token)).toBe(200);
        await mount.swap({ 'b.pem': newKey(algorithm) });
        for (const product of [one, other])
          await eventually('the token is refused', async () =>
            (await status(product, person.token)) === 401 ? true : undefined,
          );
        const { body } = await other.rest.post('/api/v1/auth/refresh', {
          refresh_token: person.refreshToken,
        });
        for (const product of [one, other]) expect(await status(product, body.access_token)).toBe(200);
      } finally {
        await other.stop();
        await one.stop();
        await mount.remove();
      }
    },
  );
});
