import { randomBytes } from 'node:crypto';
import { eventually } from './eventually.js';
import { startProduct, type TestProduct } from './over-links.js';

/** Two processes of the product: one database, one Redis, one key. */
export interface Twins {
  readonly a: TestProduct;
  readonly b: TestProduct;
  stop(): Promise<void>;
}

export async function startTwins(redisUrl: string, env: Record<string, string> = {}): Promise<Twins> {
  const shared = {
    ...env,
    ARCANA_REDIS__URL: redisUrl,
    ARCANA_SECURITY__JWT_SECRET: randomBytes(48).toString('base64'),
  };
  const a = await startProduct(shared);
  const b = await startProduct({ ...shared, ARCANA_DATABASE__URL: a.app.database.url });
  return {
    a,
    b,
    async stop() {
      await b.stop();
      await a.stop();
    },
  };
}

/** Look-ups of the cache of this process so far that came out so. */
export async function lookups({ app }: TestProduct, result: 'hit' | 'miss' | 'error'): Promise<number> {
  const metrics = await (await fetch(`${app.managementUrl}/metrics`)).text();
  return Number(
    new RegExp(`^arcana_cache_requests_total\\{result="${result}"\\} (\\d+)$`, 'm').exec(metrics)![1],
  );
}

/** Reads the caller's own account until an answer came out of the cache: it is in use then. */
export async function untilRemembered(product: TestProduct, token: string): Promise<void> {
  const before = await lookups(product, 'hit');
  await eventually('a session remembered in the cache', async () => {
    await product.rest.get('/api/v1/auth/me', { token });
    return (await lookups(product, 'hit')) > before ? true : undefined;
  });
}
