/**
 * `refused`: our rules forbid the target. `unreachable`: no connection, or it broke. `timeout`: too slow in all.
 * `too_large`: the answer is longer than allowed.
 */
export type OutboundProblem = 'refused' | 'unreachable' | 'timeout' | 'too_large';

/** A call to the outside without an answer. The message names no more than the host: paths and queries may hold secrets. */
export class OutboundError extends Error {
  constructor(
    readonly problem: OutboundProblem,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'OutboundError';
  }
}
