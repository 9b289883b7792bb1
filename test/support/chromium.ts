import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { eventually } from './eventually.js';
import type { Json } from './rest-client.js';
import { scratchDirectory } from './run-directory.js';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];
const executable = NAMES.find((name) => spawnSync(name, ['--version']).status === 0);

/** Why tests with a browser cannot run here; undefined when they can. */
export const chromiumMissing: string | undefined =
  executable === undefined ? 'no Chromium is on the PATH' : undefined;

/** A headless browser, driven over the Chrome DevTools Protocol. */
export class Chromium {
  readonly #waiting = new Map<number, { resolve: (result: Json) => void; reject: (error: Error) => void }>();
  readonly #pages = new Map<string, Page>();
  #id = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly socket: WebSocket,
  ) {
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data))));
  }

  static async launch(): Promise<Chromium> {
    const profile = await scratchDirectory('chromium');
    const child = spawn(
      executable!,
      [
        '--headless=new',
        // In a container there is nothing to build a sandbox from; only our own pages are opened.
        '--no-sandbox',
        '--disable-gpu',
        '--disable-dev-shm-usage',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-crash-reporter',
        '--no-first-run',
        '--remote-debugging-port=0',
        `--user-data-dir=${profile}`,
      ],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile },
      },
    );
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`Chromium ended: ${said}`)));
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        const found = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    return new Chromium(child, socket);
  }

  /** A new tab that shares nothing with others. */
  async page(): Promise<Page> {
    const { browserContextId } = await this.send('Target.createBrowserContext');
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank', browserContextId });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page((method, params) => this.send(method, params, sessionId as string));
    this.#pages.set(sessionId as string, page);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`);
    return page;
  }

  async close(): Promise<void> {
    const exit = once(this.child, 'exit');
    await this.send('Browser.close').catch(() => undefined);
    await exit;
  }

  send(method: string, params: object = {}, sessionId?: string): Promise<Json> {
    const id = ++this.#id;
    this.socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #receive({ id, result, error, method, params, sessionId }: Json): void {
    if (id === undefined) {
      this.#pages.get(sessionId as string)?.notice(method as string, params);
      return;
    }
    const waiting = this.#waiting.get(id as number);
    this.#waiting.delete(id as number);
    if (error) waiting?.reject(new Error(`${error.message}`));
    else waiting?.resolve(result);
  }
}

/** One tab, and what it complained of. */
export class Page {
  /** Violations of the content security policy, errors of scripts, files that did not load. */
  readonly complaints: string[] = [];
  /** URLs of everything that was asked for. */
  readonly requests: string[] = [];

  constructor(readonly send: (method: string, params?: object) => Promise<Json>) {}

  notice(method: string, params: Json): void {
    if (method === 'Log.entryAdded' && ['error', 'warning'].includes(params.entry.level as string)) {
      this.complaints.push(`${params.entry.source}: ${params.entry.text} ${params.entry.url ?? ''}`);
    } else if (method === 'Runtime.exceptionThrown') {
      this.complaints.push(`exception: ${JSON.stringify(params.exceptionDetails)}`);
    } else if (method === 'Network.requestWillBeSent') {
      this.requests.push(params.request.url as string);
    }
  }

  async open(url: string): Promise<void> {
    await this.send('Page.navigate', { url });
  }

  /** Value of a JavaScript expression in the page. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return result.value as T;
  }

  /** Waits until there is such an element. */
  async see(selector: string): Promise<void> {
    await eventually(
      `the page shows ${selector}`,
      async () =>
        (await this.evaluate<boolean>(`document.querySelector(${JSON.stringify(selector)}) !== null`)) ||
        undefined,
    );
  }

  async click(selector: string): Promise<void> {
    await this.see(selector);
    await this.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }

  /** Types into an input the way a page that follows its events has to be typed into. */
  async type(selector: string, text: string): Promise<void> {
    await this.see(selector);
    await this.evaluate(`(() => {
      const input = document.querySelector(${JSON.stringify(selector)});
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(input, ${JSON.stringify(text)});
      input.dispatchEvent(new Event('input', { bubbles: true }));
    })()`);
  }

  /** Writes a picture of the window as PNG. */
  async screenshot(path: string): Promise<void> {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    await writeFile(path, Buffer.from(data as string, 'base64'));
  }
}
