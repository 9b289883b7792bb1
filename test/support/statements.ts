import { jest } from '@jest/globals';
import pg from 'pg';
import { RequestContext } from '../../src/platform/context/index.js';

/**
 * Notes the statements that a request makes the product in this process send to PostgreSQL: what an answer costs, told
 * without a clock. @param requestId the `x-request-id` it is sent with
 */
export function noteStatements(): { of(requestId: string): string[]; stop(): void } {
  const noted = new Map<string, string[]>();
  const send = pg.Client.prototype.query as (this: pg.Client, ...args: unknown[]) => unknown;
  const spy = jest.spyOn(pg.Client.prototype, 'query') as unknown as {
    mockImplementation(fake: typeof send): void;
    mockRestore(): void;
  };
  spy.mockImplementation(function (this: pg.Client, ...args: unknown[]) {
    const context = RequestContext.current();
    // The jobs that a request causes bear its id, too.
    const id = context?.protocol === 'job' ? undefined : context?.requestId;
    const text = typeof args[0] === 'string' ? args[0] : String((args[0] as { text?: string }).text);
    if (id !== undefined)
      noted.set(id, [
        ...(noted.get(id) ?? []),
        text
          .replaceAll(/\s+/g, ' ')
          .replace(/^(SET LOCAL \w+ = )\d+$/, '$1n')
          .trim(),
      ]);
    return send.apply(this, args);
  });
  return { of: (requestId) => noted.get(requestId) ?? [], stop: () => spy.mockRestore() };
}
