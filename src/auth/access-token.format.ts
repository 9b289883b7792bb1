import type { JwtAlgorithm } from '../platform/config/index.js';

// A last character whose unused bits are not zero decodes to the same bytes as another one: two texts, one token.
const PART = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]|[A-Za-z0-9_-][AQgw])?$/;
/** Longer than any token we issue. */
export const MAX_ACCESS_TOKEN_LENGTH = 2048;

/** What the header of a token says besides what all of ours say. */
export interface AccessTokenHeader {
  /** Of the key pair it claims to be signed with; undefined for secrets, which are not named. */
  readonly kid: string | undefined;
}

/**
 * The header of `token` if that has the outer form of an access token of ours: three parts in canonical base64url, and a
 * header that says at+jwt and the one algorithm in use, names a key if that is a pair, and says nothing else (no key, no
 * URL of one, no crit). Looked at before any key is, and before anything is computed.
 * Sources: RFC 8725, 3.1 and 3.11; RFC 9068, 2.1; RFC 7515, 2.
 */
export function accessTokenHeader(token: string, algorithm: JwtAlgorithm): AccessTokenHeader | undefined {
  if (token.length > MAX_ACCESS_TOKEN_LENGTH) return undefined;
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every((part) => part !== '' && PART.test(part))) return undefined;
  try {
    const header: unknown = JSON.parse(Buffer.from(parts[0]!, 'base64url').toString('utf8'));
    if (typeof header !== 'object' || header === null) return undefined;
    const { alg, typ, kid, ...rest } = header as Record<string, unknown>;
    if (alg !== algorithm || typ !== 'at+jwt' || Object.keys(rest).length > 0) return undefined;
    if (algorithm === 'HS256') return 'kid' in header ? undefined : { kid: undefined };
    return typeof kid === 'string' ? { kid } : undefined;
  } catch {
    return undefined;
  }
}
