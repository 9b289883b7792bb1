import { ACCOUNT, signIn } from '../arcana/account.ts';
import { gatherCrowd } from '../arcana/crowd.ts';
import { startArcana } from '../arcana/start.ts';
import { startBareServer } from '../harness/bare-server.ts';
import { bodyOf } from '../harness/same-answer.ts';
import type { Contestant, Scenario } from '../harness/scenario.ts';

const PATH = '/api/v1/users';
const CONNECTIONS = 20;
/** Accounts on a page. */
const SIZE = 20;
/** As many as a page may have, on the way down. */
const STRIDE = 100;
const MANY = { users: 1_000_000, depth: 900_000 };
const QUICK_MANY = { users: 20_000, depth: 18_000 };
const ADMIN = 'administrator@example.com';

interface CursorPage {
  data: unknown[];
  next_cursor: string | null;
}

async function pageAt(url: string, authorization: string): Promise<CursorPage> {
  return JSON.parse(await bodyOf(url, { authorization })) as CursorPage;
}

/** Reads on from the first page, as a client would. @returns the cursor of the page that begins at `depth` */
async function cursorAt(port: number, authorization: string, depth: number): Promise<string> {
  let cursor = '';
  for (let read = 0; read < depth; read += STRIDE) {
    const page = await pageAt(listUrl(port, cursor, STRIDE), authorization);
    if (page.next_cursor === null) throw new Error(`The list ends before its account ${depth}.`);
    cursor = page.next_cursor;
  }
  return cursor;
}

const listUrl = (port: number, cursor: string, size = SIZE): string =>
  `http://127.0.0.1:${port}${PATH}?size=${size}&cursor=${cursor}`;

/** A long list, newest first: the first page, and one that nobody would reach by number. */
export const usersList: Scenario = {
  name: 'users-list',
  title: `GET ${PATH}?cursor=`,
  operation: 'request',
  parameters: { connections: CONNECTIONS, size: SIZE, accounts: MANY.users, depth: MANY.depth },
  criteria: [{ contestant: 'Arcana, at depth', against: 'Arcana', at_least: 0.9 }],
  async start(stage, { withArcana, quick }) {
    const contestants: Contestant[] = [];
    let authorization = 'Bearer none';
    let answer: CursorPage = { data: [], next_cursor: null };
    const take = async (name: string, pid: number, url: string): Promise<void> => {
      const page = await pageAt(url, authorization);
      if (page.data.length !== answer.data.length) {
        throw new Error(`${name} gives ${page.data.length} accounts, not ${answer.data.length}.`);
      }
      const specification = { url, method: 'GET', headers: { authorization }, connections: CONNECTIONS };
      contestants.push({ name, pid, load: { generator: 'http.ts', specification } });
    };
    if (withArcana) {
      const { users, depth } = quick ? QUICK_MANY : MANY;
      const arcana = await startArcana(stage, {
        ARCANA_BOOTSTRAP__ADMIN_EMAIL: ADMIN,
        ARCANA_BOOTSTRAP__ADMIN_PASSWORD: ACCOUNT.password,
      });
      await gatherCrowd(stage, arcana, { users, sessions: 0 }, 0);
      authorization = `Bearer ${await signIn(arcana, ADMIN)}`;
      const { port } = arcana.rest;
      answer = await pageAt(listUrl(port, ''), authorization);
      await take('Arcana', arcana.pid, listUrl(port, ''));
      const cursor = await cursorAt(port, authorization, depth);
      await take('Arcana, at depth', arcana.pid, listUrl(port, cursor));
    }
    const { pid, port } = await startBareServer(stage, 'nest-rest.ts', { path: PATH, answer });
    await take('bare Nest', pid, listUrl(port, ''));
    return contestants;
  },
};
