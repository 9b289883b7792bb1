import { timingSafeEqual } from 'node:crypto';
import { hashOpaqueToken, isOpaqueToken, newOpaqueToken } from '../users/index.js';

/** `ak_<id>_<secret>`: a UUID v7 in lower case, and 256 random bits in base64url. Every key is of this length. */
const FORM = /^ak_([0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const MARK = 'ak_';
/** Characters of the secret that stay visible: 24 of its 256 bits, enough to find a key again. */
const VISIBLE = 4;

/** A key as its owner gets it, once, and what is kept of it. */
export interface MintedApiKey {
  readonly key: string;
  /** `ak_<id>_` and the first characters of the secret. */
  readonly prefix: string;
  /** SHA-256 in hex. */
  readonly hash: string;
}

/** @param id UUID v7 of the key */
export function mintApiKey(id: string): MintedApiKey {
  const { token: secret, hash } = newOpaqueToken();
  const head = `${MARK}${id}_`;
  return { key: head + secret, prefix: head + secret.slice(0, VISIBLE), hash };
}

/** Whether a credential is meant to be an API key; whether it is one, only {@link parseApiKey} tells. */
export const isMarkedApiKey = (credential: string): boolean => credential.startsWith(MARK);

/** The id, and the hash of the secret; null for what we cannot have made, so that junk is refused before a look-up. */
export function parseApiKey(credential: string): { id: string; hash: string } | null {
  const [, id, secret] = FORM.exec(credential) ?? [];
  return id !== undefined && secret !== undefined && isOpaqueToken(secret)
    ? { id, hash: hashOpaqueToken(secret) }
    : null;
}

/** Whether two hashes of secrets, in hex, are the same; takes as long wherever they differ. */
export const isSameHash = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
