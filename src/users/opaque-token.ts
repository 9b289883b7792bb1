import { IsHexadecimal, Length } from 'class-validator';
import { createHash, randomBytes } from 'node:crypto';

/** 256 random bits: guessing is hopeless, so a plain fast hash protects the stored form. */
const TOKEN_BYTES = 32;
/** 43 characters of base64url; the last one carries 4 bits of the token and 2 that must be zero. */
const WELL_FORMED = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** A token that means nothing by itself, and the hash under which it is stored. */
export interface OpaqueToken {
  readonly token: string;
  /** SHA-256 in hex. */
  readonly hash: string;
}

export function newOpaqueToken(): OpaqueToken {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  return { token, hash: hashOpaqueToken(token) };
}

/** SHA-256 of the token's characters, in hex. */
export const hashOpaqueToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Whether we could have issued it: junk is refused before anything is looked up. */
export const isOpaqueToken = (token: string): boolean => WELL_FORMED.test(token);

/** The hash of a token: SHA-256 in hex. */
export const IsTokenHash = (): PropertyDecorator => (target, property) => {
  IsHexadecimal()(target, property);
  Length(64, 64)(target, property);
};
