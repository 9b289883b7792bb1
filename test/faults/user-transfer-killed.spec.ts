import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { jest } from '@jest/globals';
import pg from 'pg';
import { ADMIN } from '../support/application.js';
import { ensureBuilt, isolatedSettings, startBuilt, type BuiltProduct } from '../support/built-product.js';
import { eventually } from '../support/eventually.js';
import { RestClient, type Json } from '../support/rest-client.js';

/**
 * How many accounts: few for every run of the suite. TRANSFER_ROWS=100000 is the full size, as docs/import-export.md says:
 * a file that is larger than the heap of the process that takes it in.
 */
const ROWS = Number(process.env['TRANSFER_ROWS'] ?? 5_000);
const HEAP_MIB = 96;
/** Every account's metadata: a hundred thousand of them make 100 MiB. */
const BALLAST = 'x'.repeat(980);
/** Also for the long run, on a machine that does other things besides. */
const PATIENCE_MS = 900_000;
jest.setTimeout(2 * PATIENCE_MS);

/** The file as it is uploaded; nobody ever holds all of it. */
async function* file(): AsyncGenerator<Buffer> {
  await Promise.resolve();
  yield Buffer.from('name,email,metadata\r\n');
  for (let row = 0; row < ROWS; row += 1_000) {
    const lines = Array.from(
      { length: Math.min(1_000, ROWS - row) },
      (_, at) => `Person ${row + at},person-${row + at}@example.test,"{""ballast"":""${BALLAST}""}"\r\n`,
    );
    yield Buffer.from(lines.join(''));
  }
}

/** The most memory that a process ever had, in MiB. */
async function peakMib({ process: { pid } }: BuiltProduct): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)![1]) / 1024;
}

/** A product and an administrator who works with it. */
class Session {
  private constructor(
    readonly product: BuiltProduct,
    private readonly rest: RestClient,
    private readonly token: string,
  ) {}

  static async begin(settings: Record<string, string>): Promise<Session> {
    const product = await startBuilt(settings);
    const rest = new RestClient(product.restUrl);
    const { body } = await rest.post('/api/v1/auth/login', ADMIN);
    return new Session(product, rest, body.access_token as string);
  }

  async upload(): Promise<Json> {
    const response = await this.#fetch('/api/v1/users/import', {
      method: 'POST',
      headers: { 'content-type': 'text/csv', authorization: `Bearer ${this.token}` },
      body: file() as never,
      duplex: 'half',
    });
    return response.json();
  }

  /** The import, as soon as it is as wanted. */
  reached(id: string, what: string, wanted: (run: Json) => boolean): Promise<Json> {
    const look = async (): Promise<Json> => {
      const { body } = await this.rest.get(`/api/v1/users/imports/${id}`, { token: this.token });
      if (wanted(body)) return body;
      await pause(100);
      return undefined;
    };
    return eventually(`the import ${what}`, look, PATIENCE_MS);
  }

  /** @returns how many lines an export has */
  async exported(): Promise<number> {
    const answer = await this.#fetch('/api/v1/users/export?format=csv&search=person-', {
      headers: { authorization: `Bearer ${this.token}` },
    });
    let lines = 0;
    for await (const chunk of answer.body!) for (const byte of chunk) if (byte === 10) lines++;
    return lines;
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    return fetch(`${this.product.restUrl}${path}`, init);
  }
}

async function stored(url: string): Promise<Json> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<Json>(
    `SELECT (SELECT count(*)::int FROM users WHERE email LIKE 'person-%') AS accounts,
       (SELECT count(*)::int FROM user_import_rows) AS outcomes,
       (SELECT count(DISTINCT user_id)::int FROM user_import_rows) AS made,
       (SELECT count(*)::int FROM audit_logs WHERE action = 'USER_CREATED' AND details ? 'import_id') AS recorded,
       (SELECT count(*)::int FROM user_import_chunks) AS staged`,
  );
  await client.end();
  return rows[0]!;
}

/** Runs work. @returns what it gave, and how many rows per second that was */
async function timed<T>(work: () => Promise<T>, rows: (given: T) => number): Promise<[T, number]> {
  const begin = performance.now();
  const given = await work();
  return [given, Math.round((rows(given) * 1_000) / (performance.now() - begin))];
}

describe(`a file of ${ROWS} accounts`, () => {
  it('is imported once although the process is killed in the middle, and exported, in bounded memory', async () => {
    await ensureBuilt();
    const settings: Record<string, string> = {
      ...(await isolatedSettings()),
      ARCANA_RATE_LIMIT__ENABLED: 'false',
      NODE_OPTIONS: `--max-old-space-size=${HEAP_MIB}`,
    };
    const products: BuiltProduct[] = [];
    const begin = async (): Promise<Session> => {
      const session = await Session.begin(settings);
      products.push(session.product);
      return session;
    };
    try {
      const first = await begin();
      const [accepted, uploading] = await timed(
        () => first.upload(),
        () => ROWS,
      );
      expect(accepted.rows).toBe(ROWS);
      const id = accepted.import_id as string;
      const killed = await first.reached(id, 'is under way', ({ processed }) => processed > 0);
      const firstPeak = await peakMib(first.product);
      await first.product.stop('SIGKILL');
      expect(killed.processed).toBeLessThan(ROWS);

      const second = await begin();
      const resumed = await second.reached(id, 'goes on', ({ processed }) => processed > killed.processed);
      const [run, importing] = await timed(
        () => second.reached(id, 'is over', ({ state }) => state === 'COMPLETED'),
        () => ROWS - resumed.processed,
      );
      expect(run).toMatchObject({ rows: ROWS, processed: ROWS, created: ROWS, refused: 0 });
      const [lines, exporting] = await timed(
        () => second.exported(),
        () => ROWS,
      );
      expect(lines).toBe(ROWS + 1);
      expect(await stored(settings['ARCANA_DATABASE__URL']!)).toEqual({
        accounts: ROWS,
        outcomes: ROWS,
        made: ROWS,
        recorded: ROWS,
        staged: 0,
      });
      // Code, stacks and what lies outside of the heap besides: not the file.
      const peak = Math.round(Math.max(firstPeak, await peakMib(second.product)));
      expect(peak).toBeLessThan(600);
      if (process.env['TRANSFER_ROWS'] !== undefined) {
        process.stdout.write(
          `${ROWS} rows: upload ${uploading} rows/s, import ${importing} rows/s, export ${exporting} rows/s, peak ${peak} MiB\n`,
        );
      }
    } finally {
      for (const product of products) await product.stop('SIGKILL');
    }
  });
});
