import type { AddressInfo } from 'node:net';

/** What the bare servers share: how they are told what to answer, and how they say where they listen. */

export const LISTENING = 'listening ';

/** The specification the harness passes as the only argument, as JSON. */
export function readSpecification<Specification>(): Specification {
  const argument = process.argv[2];
  if (argument === undefined) throw new Error('A bare server takes its specification as JSON.');
  return JSON.parse(argument) as Specification;
}

/** The port of the first of a Fastify server's addresses. */
export function portOf(addresses: (AddressInfo | string)[]): number {
  const [first] = addresses;
  if (first === undefined || typeof first === 'string') throw new Error('The server listens on no port.');
  return first.port;
}

/** Tells the harness the port, and ends the process on SIGTERM. */
export function announce(port: number): void {
  process.once('SIGTERM', () => process.exit(0));
  console.log(`${LISTENING}${port}`);
}
