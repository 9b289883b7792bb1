import type { Arcana } from './start.ts';

/** Credentials of an account made for the bench, in a database that is thrown away. */
export const ACCOUNT = {
  name: 'Bench',
  email: 'bench@example.com',
  password: 'Measured-2-Times',
} as const;

/** Opens the account. */
export async function register(arcana: Arcana): Promise<void> {
  await post(`${arcana.rest.url}/api/v1/auth/register`, ACCOUNT, 201);
}

/** Signs in; every account of the bench has the same password. @returns the access token */
export async function signIn(arcana: Arcana, email: string = ACCOUNT.email): Promise<string> {
  const { password } = ACCOUNT;
  const answer = await post(`${arcana.rest.url}/api/v1/auth/login`, { email, password }, 200);
  const { access_token } = JSON.parse(answer) as { access_token?: string };
  if (!access_token) throw new Error('The sign-in gave no access token.');
  return access_token;
}

async function post(url: string, body: object, expected: number): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.status !== expected) throw new Error(`POST ${url} answered ${answer.status}: ${text}`);
  return text;
}
