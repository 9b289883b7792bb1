import { join } from 'node:path';
import { jest } from '@jest/globals';
import { ADMIN, bootApplication, type TestApplication } from './application.js';
import { GrpcClient } from './grpc-client.js';
import { Mails, People } from './people.js';
import { RestClient } from './rest-client.js';

// A start takes seconds, and many on a machine that does other things besides.
jest.setTimeout(60_000);

/** A product that runs, and those who use it. */
export interface TestProduct {
  readonly app: TestApplication;
  readonly rest: RestClient;
  readonly grpc: GrpcClient;
  readonly people: People;
  readonly mails: Mails;
}

/** Starts the product in this process together with its clients; `stop` ends all of it. */
export async function startProduct(
  env: Record<string, string> = {},
  detour?: (url: string) => Promise<string>,
): Promise<TestProduct & { stop(): Promise<void> }> {
  const app = await bootApplication(env, detour);
  const rest = new RestClient(app.restUrl);
  const grpc = new GrpcClient(app.grpcTarget);
  const mails = new Mails(join(app.directory, 'mail'));
  const stop = async (): Promise<void> => {
    grpc.close();
    await app.close();
  };
  return { app, rest, grpc, mails, people: new People(rest, ADMIN, mails), stop };
}

/**
 * A suite that holds whichever way calls between layers travel: once directly, once over the loopback link, which
 * serialises, validates and rebuilds each of them. A product of its own for each. What it logs as an error fails the
 * test that was running.
 * @param suite is given a function that returns the product, for use inside of tests
 */
export function describeOverLinks(
  title: string,
  suite: (product: () => TestProduct) => void,
  env: Record<string, string> = {},
): void {
  describe.each(['direct', 'loopback'])(`${title} (link: %s)`, (link) => {
    let product: Awaited<ReturnType<typeof startProduct>>;
    beforeAll(async () => {
      product = await startProduct({ ...env, ARCANA_DEPLOYMENT__LINK: link });
    });
    afterEach(() => expect(errorsLogged(product)).toEqual([]));
    suite(() => product);
    // Last, after those of the suite. Undefined when it did not start, which is the failure to show.
    afterAll(() => (product as typeof product | undefined)?.stop());
  });
}

/** Takes out of the log what was written at level error or above. */
export function errorsLogged({ app: { log } }: TestProduct): Record<string, unknown>[] {
  const errors = log.filter(({ level }) => Number(level) >= 50);
  log.length = 0;
  return errors;
}
