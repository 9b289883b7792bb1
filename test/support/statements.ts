import { AsyncLocalStorage } from 'node:async_hooks';
import { jest } from '@jest/globals';
import pg from 'pg';
import { RequestContext } from '../../src/platform/context/index.js';

type Query = (this: pg.Client, ...args: unknown[]) => unknown;

/**
 * Notes the statements that the product in this process sends to PostgreSQL for a request: what an answer costs, told
 * without a clock. Jobs and deliveries that a request causes bear its id, too, and are not counted: nobody waits for them.
 */
export function noteStatements(): {
  /** @param requestId the `x-request-id` that the request was sent with */
  of(requestId: string): string[];
  stop(): void;
} {
  const noted = new Map<string, string[]>();
  const background = new AsyncLocalStorage<true>();
  const run = RequestContext.run.bind(RequestContext);
  const runs = jest
    .spyOn(RequestContext, 'run')
    .mockImplementation((context, work) =>
      context.protocol === 'job' || context.protocol === 'system'
        ? background.run(true, () => run(context, work))
        : run(context, work),
    );
  const send = pg.Client.prototype.query as Query;
  const queries = jest.spyOn(pg.Client.prototype, 'query') as unknown as jest.SpiedFunction<Query>;
  queries.mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const id = background.getStore() ? undefined : RequestContext.current()?.requestId;
    const text = typeof args[0] === 'string' ? args[0] : String((args[0] as { text?: string }).text);
    const statement = text.replaceAll(/\s+/g, ' ').trim();
    // What is left of a deadline differs from request to request.
    const comparable = statement.replace(/^(SET LOCAL \w+ = )\d+$/, '$1n');
    if (id !== undefined) noted.set(id, [...(noted.get(id) ?? []), comparable]);
    return send.apply(this, args);
  });
  return {
    of: (requestId) => noted.get(requestId) ?? [],
    stop: () => {
      runs.mockRestore();
      queries.mockRestore();
    },
  };
}
