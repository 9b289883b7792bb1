import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { JwtAlgorithm } from '../platform/config/index.js';

/** A public key as others read it; never a private member. Source: RFC 7517, 4, and RFC 7518, 6. */
export type PublicJwk = {
  readonly kid: string;
  readonly alg: JwtAlgorithm;
  readonly use: 'sig';
} & ({ kty: 'RSA'; n: string; e: string } | { kty: 'EC'; crv: 'P-256'; x: string; y: string });

/** A key whose tokens are accepted, and with which tokens may be signed where it has a private half. */
export interface SigningKey {
  /** Of a pair: the thumbprint that tokens name as `kid` (RFC 7638). Of a secret: known to this process alone. */
  readonly id: string;
  /** What it is called where it lies: the name of its file, or that of the setting. */
  readonly name: string;
  /** Undefined for the public half of a pair. */
  readonly signWith: KeyObject | Uint8Array | undefined;
  readonly verifyWith: KeyObject | Uint8Array;
  /** Undefined for a secret. */
  readonly jwk: PublicJwk | undefined;
  /** Milliseconds since 1970 from which it is to sign; 0 for a file whose name says nothing. */
  readonly signsFrom: number;
}

/** Why a file holds no key that can be used, as the second half of a sentence that begins with its name. */
export class UnusableKeyError extends Error {}

/** NIST SP 800-57: 128 bits of security. */
const LEAST_RSA_BITS = 3072;
const LEAST_SECRET_BYTES = 32;
const FILE_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/;
/** `openssl ecparam -genkey` writes one before the key; it says nothing that the key does not. */
const EC_PARAMETERS = /-----BEGIN EC PARAMETERS-----[^-]*-----END EC PARAMETERS-----/;

/**
 * The key that a file holds.
 * @param name of the file; `20261121T181500Z.pem` signs from that moment on
 * @throws UnusableKeyError
 */
export function signingKeyOf(algorithm: JwtAlgorithm, name: string, text: string): SigningKey {
  const signsFrom = signsFromOf(name);
  if (algorithm === 'HS256') return secretKey(name, text.replace(/\r?\n$/, ''), signsFrom);
  const pem = text.replace(EC_PARAMETERS, '');
  if (pem.split('-----BEGIN ').length > 2) throw new UnusableKeyError('holds more than one key');
  const privateKey = pem.includes('PUBLIC KEY-----') ? undefined : parsed(createPrivateKey, pem);
  const publicKey = privateKey ? createPublicKey(privateKey) : parsed(createPublicKey, pem);
  const jwk = publicJwk(algorithm, publicKey);
  return { id: jwk.kid, name, signWith: privateKey, verifyWith: publicKey, jwk, signsFrom };
}

/** @throws UnusableKeyError when it is too short */
export function secretKey(name: string, secret: string, signsFrom = 0): SigningKey {
  const bytes = new TextEncoder().encode(secret);
  if (bytes.length < LEAST_SECRET_BYTES)
    throw new UnusableKeyError(`holds a secret of less than ${LEAST_SECRET_BYTES} bytes`);
  const id = createHash('sha256').update(bytes).digest('base64url');
  return { id, name, signWith: bytes, verifyWith: bytes, jwk: undefined, signsFrom };
}

function signsFromOf(name: string): number {
  const parts = FILE_TIME.exec(name);
  if (!parts) return 0;
  const [, year, month, day, hour, minute, second] = parts;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = Date.parse(text);
  // 31 February would otherwise be a day in March.
  if (Number.isNaN(time) || new Date(time).toISOString() !== text)
    throw new UnusableKeyError('has a name that begins with a time that does not exist');
  return time;
}

function parsed(parse: (pem: string) => KeyObject, pem: string): KeyObject {
  try {
    return parse(pem);
  } catch {
    // The library's text may quote what it read.
    throw new UnusableKeyError('holds no unencrypted private or public key in PEM form');
  }
}

function publicJwk(algorithm: Exclude<JwtAlgorithm, 'HS256'>, key: KeyObject): PublicJwk {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (algorithm === 'RS256') {
    if (type !== 'rsa') throw new UnusableKeyError('holds no RSA key, which RS256 takes');
    if ((details?.modulusLength ?? 0) < LEAST_RSA_BITS)
      throw new UnusableKeyError(`holds an RSA key of less than ${LEAST_RSA_BITS} bits`);
    // Below it lie known attacks (CVE-2006-4339, low-exponent recovery): FIPS 186-5, A.1.1.
    if ((details?.publicExponent ?? 0n) < 65_537n)
      throw new UnusableKeyError('holds an RSA key with an exponent below 65537');
    const { n, e } = members(key);
    return { kty: 'RSA', kid: thumbprint({ e, kty: 'RSA', n }), alg: algorithm, use: 'sig', n, e };
  }
  if (type !== 'ec' || details?.namedCurve !== 'prime256v1')
    throw new UnusableKeyError('holds no key on the curve P-256, which ES256 takes');
  const { x, y } = members(key);
  const kid = thumbprint({ crv: 'P-256', kty: 'EC', x, y });
  return { kty: 'EC', crv: 'P-256', kid, alg: algorithm, use: 'sig', x, y };
}

/** What a JWK of a public key says, as far as its type has it. */
function members(key: KeyObject): Record<'n' | 'e' | 'x' | 'y', string> {
  return key.export({ format: 'jwk' }) as Record<'n' | 'e' | 'x' | 'y', string>;
}

/** @param required the required ones in the order of their names: RFC 7638, 3.2 */
function thumbprint(required: Record<string, string>): string {
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}
