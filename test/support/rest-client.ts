import { noteCredential, noteSecretsIn } from './used-secrets.js';

/** JSON as a client sees it, before it has looked at what is inside. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the tests say what they expect by comparing
export type Json = any;

export interface RestAnswer {
  status: number;
  headers: Headers;
  /** Parsed when the answer is JSON, else null. */
  body: Json;
  text: string;
}

export interface RestCall {
  /** Sent as `Authorization: Bearer ...`. */
  token?: string | undefined;
  headers?: Record<string, string> | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, as application/json unless `headers` says otherwise. */
  raw?: string | Buffer;
}

/** A REST client as a stranger would write it: `fetch` and nothing of the product. */
export class RestClient {
  /** @param baseUrl without a trailing slash */
  constructor(readonly baseUrl: string) {}

  get(path: string, call: RestCall = {}): Promise<RestAnswer> {
    return this.send('GET', path, call);
  }

  post(path: string, body?: unknown, call: RestCall = {}): Promise<RestAnswer> {
    return this.send('POST', path, { ...call, body });
  }

  async send(
    method: string,
    path: string,
    { token, headers = {}, body, raw }: RestCall = {},
  ): Promise<RestAnswer> {
    noteCredential(headers['authorization']);
    noteCredential(token === undefined ? undefined : `Bearer ${token}`);
    noteSecretsIn(body);
    const content = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await fetch(`${this.baseUrl}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...(content !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(content !== undefined && { body: content as string }),
    });
    const text = await response.text();
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '');
    const answer: Json = isJson && text !== '' ? JSON.parse(text) : null;
    noteSecretsIn(answer);
    return {
      status: response.status,
      headers: response.headers,
      body: answer,
      text,
    };
  }
}

/** What is asked of an error: its status, its code, and the codes of its broken fields by name. */
export function problemOf({
  status,
  body,
}: RestAnswer): [status: number, code: string, fields: Record<string, string>] {
  const errors = (body?.errors ?? []) as { field: string; code: string }[];
  return [status, String(body?.code), Object.fromEntries(errors.map(({ field, code }) => [field, code]))];
}
