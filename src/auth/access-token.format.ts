// A last character whose unused bits are not zero decodes to the same bytes as another one: two texts, one token.
const PART = /^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048]|[A-Za-z0-9_-][AQgw])?$/;
const ALLOWED_HEADER = new Set(['alg', 'typ']);
/** Longer than any token we issue. */
export const MAX_ACCESS_TOKEN_LENGTH = 2048;

/**
 * Whether `token` has the outer form of an access token of ours: three parts in canonical base64url, and a header that
 * says HS256 and at+jwt and nothing else (no key, no URL of one, no crit). Looked at before anything is computed.
 * Sources: RFC 8725, 3.1 and 3.11; RFC 9068, 2.1; RFC 7515, 2.
 */
export function isAccessTokenFormat(token: string): boolean {
  if (token.length > MAX_ACCESS_TOKEN_LENGTH) return false;
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every((part) => part !== '' && PART.test(part))) return false;
  try {
    const header = JSON.parse(Buffer.from(parts[0]!, 'base64url').toString('utf8')) as Record<
      string,
      unknown
    > | null;
    return (
      typeof header === 'object' &&
      header !== null &&
      header['alg'] === 'HS256' &&
      header['typ'] === 'at+jwt' &&
      Object.keys(header).every((name) => ALLOWED_HEADER.has(name))
    );
  } catch {
    return false;
  }
}
