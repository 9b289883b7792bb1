import { argon2id, hash, verify } from 'argon2';
import { runClosedLoop } from './closed-loop.ts';
import { readSpecification, type Window } from './generator.ts';

/** Verifications of one password against one hash, without a server around them. */
export interface Argon2idLoad extends Window {
  memory_kib: number;
  iterations: number;
  lanes: number;
  password: string;
  /** Verifications in flight. */
  parallel: number;
}

const { memory_kib, iterations, lanes, password, parallel, ...window } = readSpecification<Argon2idLoad>();
const digest = await hash(password, {
  type: argon2id,
  memoryCost: memory_kib,
  timeCost: iterations,
  parallelism: lanes,
});

await runClosedLoop(window, parallel, async () => {
  if (!(await verify(digest, password))) throw new Error('The password was not verified.');
});
