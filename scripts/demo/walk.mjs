/** The steps of the demonstration, the same for every protocol. */
import { setTimeout as pause } from 'node:timers/promises';

const PASSWORD = 'Analytical-Engine-1843';
const PATIENCE_MS = 30_000;

/** An answer that is not the promised one. */
export class Deviation extends Error {}

/**
 * @param api what to talk through; answers look alike whatever the protocol (see rest-api.mjs)
 * @param given.admin email and password of an administrator
 * @param given.email an address that nobody has yet
 * @param given.findMail name of the file of the mail to an address, if it can be seen from here
 * @param given.say is told of each step
 * @throws Deviation
 */
export async function walk(api, { admin, email, findMail, say }) {
  const requestId = `demo-${email.slice(5, 13)}-${api.name}`;
  const user = await api.register({ name: 'Ada Lovelace', email, password: PASSWORD }, requestId);
  expect(user.email === email && user.role === 'user', 'the new account', user);
  say('register', `${user.id} ${user.email}, role ${user.role}, status ${user.status}`);

  const first = await api.login({ email, password: PASSWORD });
  say(
    'log in',
    `access token ${short(first.access_token)}, refresh token ${short(first.refresh_token)}, ${first.expires_in} s`,
  );

  const me = await api.me(first.access_token);
  expect(me.id === user.id, 'me to be the new account', me);
  say('me', `${me.name} <${me.email}>, last sign-in ${me.last_login_at}`);

  const pair = await api.refresh(first.refresh_token);
  expect(pair.refresh_token !== first.refresh_token, 'another refresh token', pair);
  say('refresh', `access token ${short(pair.access_token)}, refresh token ${short(pair.refresh_token)}`);

  const { access_token: adminToken } = await api.login(admin);
  const page = await api.listUsers(adminToken, email);
  expect(page.total === 1 && page.data[0].id === user.id, 'the list to hold the new account', page);
  say('users', `the administrator finds ${page.total}: ${page.data[0].name} <${page.data[0].email}>`);

  const job = await completed(api, adminToken, requestId, say);
  expect(
    job.priority === 'normal' && job.payload.user_id === user.id,
    'a job of normal priority for the account',
    job,
  );
  const mail = findMail(email);
  say(
    'job',
    `${job.state}, attempts ${job.attempts_made}/${job.max_attempts}, result ${JSON.stringify(job.result)}`,
  );
  say('mail', mail ?? 'not to be seen from here');

  await api.logout(pair.access_token);
  say('log out', 'done');
  for (const token of [pair.access_token, first.access_token]) {
    const refusal = await api.me(token).then(
      () => undefined,
      (error) => error,
    );
    expect(
      refusal?.code === api.unauthenticated,
      `the token to be refused with ${api.unauthenticated}`,
      refusal,
    );
  }
  say('me', `${api.unauthenticated}: the access tokens are worth nothing any more`);
}

/** Follows the welcome job that the registration has enqueued, told apart by the request that caused it. */
async function completed(api, token, requestId, say) {
  const end = Date.now() + PATIENCE_MS;
  for (let shown = ''; Date.now() < end; await pause(50)) {
    const [job] = await api.findJobs(token, { type: 'email.welcome', correlation_id: requestId });
    if (job && job.state !== shown) {
      shown = job.state;
      say('job', `${job.type} ${job.id} in queue ${job.queue}, priority ${job.priority}: ${job.state}`);
    }
    if (job?.state === 'COMPLETED') return api.getJob(token, job.id);
  }
  throw new Deviation(`the welcome job of ${requestId} was not COMPLETED within ${PATIENCE_MS / 1000} s`);
}

function expect(holds, what, got) {
  if (!holds)
    throw new Deviation(`expected ${what}, got ${got instanceof Error ? got : JSON.stringify(got)}`);
}

/** Enough of a token to tell it from another one; the end, because the beginnings are alike. */
const short = (token) => `...${token.slice(-8)}`;
