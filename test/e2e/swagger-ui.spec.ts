import { jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ADMIN } from '../support/application.js';
import { ensureBuilt, isolatedSettings, startBuilt, type BuiltProduct } from '../support/built-product.js';
import { Chromium, chromiumMissing, type Page } from '../support/chromium.js';
import { eventually } from '../support/eventually.js';
import { committedDocument, operationsOf } from '../support/openapi-document.js';
import { RestClient } from '../support/rest-client.js';

jest.setTimeout(240_000);

const suite = chromiumMissing === undefined ? describe : describe.skip;
const reason = chromiumMissing === undefined ? '' : ` (skipped: ${chromiumMissing})`;

/** Passes `/prefix/...` on without the prefix, and knows nothing else: what a gateway in front of several products does. */
function gateway(target: string): Server {
  return createServer((request, response) => {
    if (!request.url!.startsWith('/prefix/')) {
      response.writeHead(404).end();
      return;
    }
    const url = new URL(request.url!.slice('/prefix'.length), target);
    const { method, headers } = request;
    const passed = forward(url, { method, headers: { ...headers, host: url.host } }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  }).listen(0, '127.0.0.1');
}

suite(`Swagger UI in a browser${reason}`, () => {
  let product: BuiltProduct;
  let browser: Chromium;
  let proxy: Server;
  let rest: string;

  beforeAll(async () => {
    await ensureBuilt();
    product = await startBuilt(await isolatedSettings());
    rest = product.restUrl;
    browser = await Chromium.launch();
    proxy = gateway(rest);
    await once(proxy, 'listening');
  });
  afterAll(async () => {
    await browser.close();
    proxy.close();
    proxy.closeAllConnections();
    await product.stop();
  });

  const ME = '.opblock[id$="auth\\\\.me"]';

  /** Calls `GET /auth/me` by its button. @returns what the page shows of the answer */
  async function callMe(page: Page): Promise<{ status: string; body: string }> {
    await page.click(`${ME} .opblock-summary-control`);
    await page.click(`${ME} .try-out__btn`);
    await page.click(`${ME} .execute`);
    const answer = `${ME} .live-responses-table tbody`;
    await page.see(`${answer} .response-col_status`);
    const text = (selector: string) =>
      page.evaluate<string>(`document.querySelector(${JSON.stringify(selector)}).innerText`);
    return {
      status: await text(`${answer} .response-col_status`),
      body: await text(`${answer} .response-col_description`),
    };
  }

  it.each([
    ['at its own address', '', '/docs'],
    ['behind a path prefix', '/prefix', '/docs'],
    ['behind a path prefix, with a slash at the end', '/prefix', '/docs/'],
  ])('shows every route and calls them with the token that was typed in, %s', async (_what, prefix, path) => {
    const { body } = await new RestClient(rest).post('/api/v1/auth/login', ADMIN);
    const base = prefix === '' ? rest : `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${prefix}`;
    const page = await browser.page();
    await page.open(`${base}${path}`);
    await page.see('.opblock');
    const count = await page.evaluate<number>('document.querySelectorAll(".opblock").length');
    expect(count).toBe(operationsOf(committedDocument() as never).length);
    expect(await page.evaluate('document.title')).toBe('Arcana Cloud API');

    expect((await callMe(page)).status).toMatch(/^401/);
    await page.click('.auth-wrapper .authorize');
    await page.type('.auth-container input', body.access_token as string);
    await page.click('.auth-container .authorize');
    await page.click('.btn-done');
    await page.click(`${ME} .execute`);
    await eventually('the call is answered with 200', async () => {
      const status = await page.evaluate<string>(
        `document.querySelector(${JSON.stringify(`${ME} .live-responses-table tbody .response-col_status`)})?.innerText ?? ''`,
      );
      return status.startsWith('200') ? true : undefined;
    });

    // The token survives a reload.
    await page.open(`${base}${path}`);
    const again = await eventually('the page is loaded anew', () => callMe(page).catch(() => undefined));
    expect(again.status).toMatch(/^200/);
    expect(again.body).toContain(ADMIN.email);
    if (process.env['ARCANA_TEST_SCREENSHOT']) {
      await page.evaluate(`document.querySelector(${JSON.stringify(ME)}).scrollIntoView()`);
      await page.screenshot(process.env['ARCANA_TEST_SCREENSHOT']);
    }

    expect(page.requests.filter((url) => !url.startsWith(base) && !url.startsWith('data:'))).toEqual([]);
    // The one 401 that was asked for; nothing about the content security policy, scripts or files.
    expect(page.complaints.filter((complaint) => !/401 .*\/auth\/me/.test(complaint))).toEqual([]);
  });
});
