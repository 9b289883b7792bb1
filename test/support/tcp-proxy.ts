import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands between a client and a server, and does to their connections what networks and frozen machines do. */
export class TcpProxy {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #target: URL;
  #mode: 'open' | 'frozen' | 'down' = 'open';

  private constructor(
    private readonly server: Server,
    target: string,
  ) {
    this.#target = new URL(target);
    server.on('connection', (client: Socket) => this.#accept(client));
  }

  /** @param target URL of the server, with host and port */
  static async start(target: string): Promise<TcpProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target);
  }

  /** The target's URL, leading through here. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.toString();
  }

  /** Breaks every connection, and every new one. */
  cut(): void {
    this.#mode = 'down';
    for (const [client, upstream] of this.#pairs) {
      client.destroy();
      upstream.destroy();
    }
  }

  /** Passes nothing on, in either direction, without closing anything. */
  freeze(): void {
    this.#mode = 'frozen';
    for (const [client, upstream] of this.#pairs) {
      client.unpipe(upstream).pause();
      upstream.unpipe(client).pause();
    }
  }

  /** Lets new connections through; frozen ones go on where they stopped. */
  restore(): void {
    this.#mode = 'open';
    for (const [client, upstream] of this.#pairs) {
      client.pipe(upstream);
      upstream.pipe(client);
    }
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.#mode === 'down') {
      client.destroy();
      return;
    }
    const upstream = connect(Number(this.#target.port), this.#target.hostname);
    const pair = [client, upstream] as const;
    this.#pairs.add(pair);
    upstream.on('error', () => undefined);
    const end = (): void => {
      this.#pairs.delete(pair);
      client.destroy();
      upstream.destroy();
    };
    client.once('close', end);
    upstream.once('close', end);
    if (this.#mode === 'frozen') return;
    client.pipe(upstream);
    upstream.pipe(client);
  }
}
