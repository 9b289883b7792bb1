import { createHmac, randomBytes } from 'node:crypto';

const SEED_BYTES = 32;

/** 256 random bits in hex, from which, together with a refresh token, that token's successor is made. */
export const newSuccessorSeed = (): string => randomBytes(SEED_BYTES).toString('hex');

/**
 * The refresh token that follows on `token`: the same one whenever it is asked for with the same seed. The seed is kept
 * in the database and the token by its owner; without both of them, the successor is 256 bits to be guessed.
 * @param seed as from {@link newSuccessorSeed}
 */
export const successorOf = (token: string, seed: string): string =>
  createHmac('sha256', Buffer.from(seed, 'hex')).update(token).digest('base64url');
