import { ApiKeySettings } from './api-key.settings.js';
import { Section, Setting } from './setting.js';
import { SignInThrottleSettings } from './sign-in-throttle.settings.js';

const YEAR_SECS = 31_536_000;
const lifetime = { type: 'integer', min: 1, max: YEAR_SECS } as const;

export const PASSWORD_POLICIES = ['classic', 'nist'] as const;
export type PasswordPolicy = (typeof PASSWORD_POLICIES)[number];

export const JWT_ALGORITHMS = ['HS256', 'RS256', 'ES256'] as const;
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** Cost of one password hash. Defaults: RFC 9106, section 4, second recommended option. */
export class Argon2Settings {
  @Setting({
    type: 'integer',
    min: 1024,
    max: 4_194_304,
    description: 'Memory of one password hash, in KiB; production refuses less than 19456.',
  })
  memory_kib: number = 65_536;

  @Setting({ type: 'integer', min: 2, max: 64, description: 'Passes over that memory.' })
  time_cost: number = 3;

  @Setting({ type: 'integer', min: 1, max: 64, description: 'Lanes of one hash, each a thread.' })
  parallelism: number = 4;

  @Setting({
    type: 'integer',
    min: 1,
    max: 256,
    description:
      'Hashes computed at once in one process; memory_kib times this is the most memory sign-ins can take.',
  })
  max_concurrent: number = 4;
}

export class RegistrationSettings {
  @Setting({ type: 'flag', description: 'Let anybody open an account; when off, an admin creates accounts.' })
  enabled: boolean = true;

  @Setting({
    type: 'flag',
    description:
      'Answer a registration with a taken address as one with a free address (202 without a body), and tell the owner of the address by mail; needs allow_unverified_sign_in to be off, for signing in would tell.',
  })
  hide_existing: boolean = false;
}

/** Tokens, sessions and passwords. */
export class SecuritySettings {
  @Setting({
    type: 'choice',
    values: JWT_ALGORITHMS,
    description:
      'How access tokens are signed, and the only way that is accepted: HS256 by a secret, RS256 or ES256 by a key pair whose public half is served at /.well-known/jwks.json.',
  })
  jwt_algorithm: JwtAlgorithm = 'HS256';

  @Setting({
    type: 'text',
    minBytes: 32,
    secret: true,
    optional: true,
    description:
      'Secret that signs access tokens with HS256, at least 32 random bytes; unset, and without jwt_keys_directory: made once under data_directory, which production refuses.',
  })
  jwt_secret?: string;

  @Setting({
    type: 'path',
    optional: true,
    description:
      'Directory of keys that are replaced while the product runs: *.pem for RS256 and ES256, which need it, *.secret for HS256; see docs/keys.md.',
  })
  jwt_keys_directory?: string;

  @Setting({
    type: 'integer',
    min: 1,
    max: 300,
    description:
      'How often that directory is read, in seconds; a new key signs three readings later at the soonest.',
  })
  jwt_keys_reload_secs: number = 10;

  @Setting({ type: 'text', maxLength: 255, description: 'The iss claim, written and demanded.' })
  jwt_issuer: string = 'arcana-cloud';

  @Setting({ type: 'text', maxLength: 255, description: 'The aud claim, written and demanded.' })
  jwt_audience: string = 'arcana-cloud';

  @Setting({ ...lifetime, description: 'Lifetime of an access token, in seconds.' })
  jwt_access_expiration_secs: number = 900;

  @Setting({
    ...lifetime,
    description: 'Lifetime of a refresh token, in seconds; each refresh gives a new one.',
  })
  jwt_refresh_expiration_secs: number = 604_800;

  @Setting({ ...lifetime, description: 'Lifetime of a session however often it is refreshed, in seconds.' })
  session_absolute_expiration_secs: number = 2_592_000;

  @Setting({
    ...lifetime,
    min: 60,
    description:
      'How long a session may lie unused before it is over, in seconds. Use is recorded about once a minute, so it may end that much early.',
  })
  session_idle_expiration_secs: number = 604_800;

  @Setting({
    type: 'integer',
    min: 0,
    max: 60,
    description:
      'For so many seconds a spent refresh token may be sent again, as long as its successor is unspent: the answer holds the same successor. 0: any second use ends the session.',
  })
  refresh_reuse_grace_secs: number = 0;

  @Setting({
    type: 'integer',
    min: 0,
    max: 60,
    description: 'How far the clocks of two processes may differ when a token is checked, in seconds.',
  })
  clock_leeway_secs: number = 30;

  @Setting({
    type: 'choice',
    values: PASSWORD_POLICIES,
    description:
      'What a password must be: classic (8 characters, upper, lower and digit) or nist (15 characters, no composition rule); both refuse common ones.',
  })
  password_policy: PasswordPolicy = 'classic';

  @Section(Argon2Settings)
  argon2: Argon2Settings = new Argon2Settings();

  @Section(SignInThrottleSettings)
  sign_in_throttle: SignInThrottleSettings = new SignInThrottleSettings();

  @Section(ApiKeySettings)
  api_keys: ApiKeySettings = new ApiKeySettings();

  @Section(RegistrationSettings)
  registration: RegistrationSettings = new RegistrationSettings();

  @Setting({ type: 'flag', description: 'Let an account sign in before its e-mail address is verified.' })
  allow_unverified_sign_in: boolean = true;
}

const rate = { type: 'integer', min: 1, max: 10_000_000 } as const;

/** Token buckets: a rate that refills, and a burst that may be spent at once. */
export class RateLimitSettings {
  @Setting({ type: 'flag', description: 'Limit how often a caller may call.' })
  enabled: boolean = true;

  @Setting({ ...rate, description: 'Requests per minute of one address without credentials.' })
  requests_per_minute: number = 300;

  @Setting({ ...rate, description: 'Requests such an address may send at once.' })
  burst: number = 100;

  @Setting({ ...rate, description: 'Requests per minute of one address that sends a credential.' })
  authenticated_requests_per_minute: number = 1_200;

  @Setting({ ...rate, description: 'Requests such a caller may send at once.' })
  authenticated_burst: number = 300;

  @Setting({
    ...rate,
    description: 'Requests per minute of one address to sign-in, registration and the like.',
  })
  auth_requests_per_minute: number = 60;

  @Setting({ ...rate, description: 'Such requests an address may send at once.' })
  auth_burst: number = 30;
}

/** The first super_admin, made at the very first start and never touched again. */
export class BootstrapSettings {
  @Setting({
    type: 'email',
    optional: true,
    description: 'E-mail of the first super_admin; unset: the product chooses and prints it.',
  })
  admin_email?: string;

  @Setting({
    type: 'text',
    maxLength: 128,
    secret: true,
    optional: true,
    description: 'Password of the first super_admin; unset: made at random and printed once.',
  })
  admin_password?: string;
}
