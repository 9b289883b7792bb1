/**
 * Walks through what the product does, over REST and then over gRPC, and prints what it really answers:
 * register, sign in, me, refresh, an administrator lists users, the welcome job is carried out, sign out, the token is dead.
 *
 *   npm run demo -- --start
 *   npm run demo -- --rest http://localhost:8080 --grpc localhost:9090 --email admin@arcana.local --password ...
 *
 * `--start` starts a product for the purpose and stops it afterwards; otherwise `--email` and `--password` are those of an
 * administrator of a running one. Ends with 1 as soon as an answer is not the expected one.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Deviation, walk } from './demo/walk.mjs';
import { GrpcApi } from './demo/grpc-api.mjs';
import { RestApi } from './demo/rest-api.mjs';

const { values: options } = parseArgs({
  options: {
    start: { type: 'boolean', default: false },
    rest: { type: 'string', default: 'http://localhost:8080' },
    grpc: { type: 'string', default: 'localhost:9090' },
    email: { type: 'string' },
    password: { type: 'string' },
    mails: { type: 'string', default: '.arcana/mail' },
  },
});
if (!options.start && !(options.email && options.password)) {
  console.error('Say --start, or give --email and --password of an administrator of the running product.');
  process.exit(2);
}

const product = options.start ? await (await import('./throw-away.mjs')).startThrowAway() : undefined;
const rest = product?.rest ?? options.rest;
const grpc = product?.grpc ?? options.grpc;
const admin = product?.admin ?? { email: options.email, password: options.password };
const mails = product ? join(product.directory, 'mail') : options.mails;

try {
  for (const [title, api] of [
    [`REST at ${rest}`, new RestApi(rest)],
    [`gRPC at ${grpc}`, new GrpcApi(grpc)],
  ]) {
    console.log(`\n${title}`);
    await walk(api, { admin, findMail, email: `demo-${randomUUID().slice(0, 8)}@example.com`, say });
    api.close();
  }
  console.log('\nAll as promised.');
} catch (error) {
  console.error(error instanceof Deviation ? `\nNot as promised: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  await product?.stop();
}

function say(step, text) {
  console.log(`  ${step.padEnd(9)} ${text}`);
}

/** Name of the file of the welcome mail to this address; undefined when the product's mails are not on this machine. */
function findMail(address) {
  try {
    return readdirSync(mails).find(
      (name) => name.endsWith('.eml') && readFileSync(join(mails, name), 'utf8').includes(address),
    );
  } catch {
    return undefined;
  }
}
