import { Socket } from 'node:net';
import pg from 'pg';

/** What is needed to reach PostgreSQL; times in milliseconds. */
export interface SessionSettings {
  url: string;
  connect_timeout_ms: number;
  /** How long a server may owe an answer before its connection counts as lost. Default: 5 s. */
  silence_limit_ms?: number;
}

const SILENCE_LIMIT_MS = 5_000;
const END_TIMEOUT_MS = 1_000;

interface SessionEvents {
  onNotification?: (channel: string, payload: string) => void;
  /** Called once, when the connection is gone without our asking. */
  onLost: (reason: Error) => void;
}

/**
 * One connection to PostgreSQL beside the pool, for what lives and dies with a session: LISTEN and session locks.
 * Statements run one after the other.
 */
export class Session {
  #tail: Promise<unknown> = Promise.resolve();
  #ended = false;

  private constructor(
    private readonly client: pg.Client,
    private readonly socket: Socket,
    private readonly events: SessionEvents,
  ) {}

  /** @param name shown in pg_stat_activity @throws the driver's error when the server cannot be reached in time */
  static async open(settings: SessionSettings, name: string, events: SessionEvents): Promise<Session> {
    // A socket of our own can be destroyed; the driver's end() waits for a server that may be frozen.
    const socket = new Socket();
    const client = new pg.Client({
      connectionString: settings.url,
      connectionTimeoutMillis: settings.connect_timeout_ms,
      application_name: `arcana-cloud ${name}`,
      query_timeout: settings.silence_limit_ms ?? SILENCE_LIMIT_MS,
      keepAlive: true,
      stream: () => socket,
    });
    const session = new Session(client, socket, events);
    client.on('error', (error) => session.#lose(error));
    client.on('end', () => session.#lose(new Error('the server closed the connection')));
    client.on('notification', ({ channel, payload }) => events.onNotification?.(channel, payload ?? ''));
    try {
      await client.connect();
    } catch (error) {
      session.#ended = true;
      socket.destroy();
      throw error;
    }
    return session;
  }

  /** Whether statements can still be sent. */
  isOpen(): boolean {
    return !this.#ended;
  }

  /** @throws the driver's error; a server that stays silent also costs the connection */
  query<T extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> {
    const run = this.#tail.then(async () => {
      try {
        return (await this.client.query<T>(text, values)).rows;
      } catch (error) {
        // Without a SQLSTATE it was not the server that refused: the connection is of no use any more.
        if (!(error instanceof pg.DatabaseError)) this.#lose(error as Error);
        throw error;
      }
    });
    this.#tail = run.catch(() => undefined);
    return run;
  }

  /** Ends the session in good order, or cuts it when the server does not take part. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const cut = setTimeout(() => this.socket.destroy(), END_TIMEOUT_MS);
    await this.client.end().catch(() => undefined);
    clearTimeout(cut);
  }

  #lose(reason: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.socket.destroy();
    this.events.onLost(reason);
  }
}
