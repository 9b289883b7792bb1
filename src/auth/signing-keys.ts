import { Logger, type OnModuleDestroy } from '@nestjs/common';
import { ConfigurationError, jwtSecret, type ArcanaConfig } from '../platform/config/index.js';
import type { SigningKeyMetrics } from '../platform/observability/index.js';
import { KeyDirectory } from './key-directory.js';
import { secretKey, type PublicJwk, type SigningKey } from './signing-key.js';

/** A key signs no sooner than this many readings after the first: by then every other process accepts it. */
const SETTLING_READINGS = 3;

/**
 * The keys of access tokens, re-read while the process runs. Every key that is there is accepted and published; the one
 * that signs is the one whose time (the name of its file) came last. So a new key is known everywhere before it is used.
 */
export class SigningKeys implements OnModuleDestroy {
  readonly #logger = new Logger('SigningKeys');
  readonly #withdrawn: ((key: SigningKey) => void)[] = [];
  /** When a key may sign at the earliest, by id; those of the start may at once. */
  readonly #settledAt = new Map<string, number>();
  readonly #reported = new Set<string>();
  #keys: readonly SigningKey[];
  #byId: ReadonlyMap<string, SigningKey>;
  #problems = 0;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  private constructor(
    keys: readonly SigningKey[],
    private readonly fixed: readonly SigningKey[],
    private readonly directory: KeyDirectory | undefined,
    private readonly reloadMs: number,
  ) {
    this.#keys = keys;
    this.#byId = byId(keys);
  }

  /** Reads the keys for the first time. @throws ConfigurationError with all that is wrong with them */
  static async open(config: ArcanaConfig, metrics: SigningKeyMetrics): Promise<SigningKeys> {
    const { jwt_keys_directory, jwt_algorithm, jwt_secret, jwt_keys_reload_secs } = config.security;
    const isOnlySecret = jwt_keys_directory === undefined || jwt_secret !== undefined;
    const fixed =
      jwt_algorithm === 'HS256' && isOnlySecret ? [secretKey('security.jwt_secret', jwtSecret(config))] : [];
    const directory =
      jwt_keys_directory === undefined
        ? undefined
        : new KeyDirectory(jwt_keys_directory, jwt_algorithm, config.environment === 'production');
    const { keys, problems, warnings } = (await directory?.read()) ?? NOTHING;
    const found = ordered([...fixed, ...keys]);
    if (problems.length === 0 && !found.some(canSign)) {
      problems.push(
        `${jwt_keys_directory ?? 'security.jwt_keys_directory'} holds no key to sign with: make one with npm run keys -- ${jwt_algorithm} and this directory.`,
      );
    }
    if (problems.length > 0) throw new ConfigurationError(problems);
    const ring = new SigningKeys(found, fixed, directory, jwt_keys_reload_secs * 1000);
    ring.#report(warnings);
    metrics.observe(() => ({ accepted: ring.#keys.length, problems: ring.#problems }));
    ring.#watch();
    return ring;
  }

  /** The key that signs at this moment. */
  signing(): SigningKey {
    const now = Date.now();
    const able = this.#keys.filter(canSign);
    // None of them has come yet: the first that will.
    return (
      able.find((key) => this.#maySignFrom(key) <= now) ??
      able.reduce((first, key) => (this.#maySignFrom(key) < this.#maySignFrom(first) ? key : first))
    );
  }

  /** The keys that may have signed a token: of pairs the one it names, of secrets all of them. */
  candidates(kid: string | undefined): readonly SigningKey[] {
    if (kid === undefined) return this.#keys;
    const key = this.#byId.get(kid);
    return key ? [key] : [];
  }

  /** Whether the key of this id is still one of them. */
  accepts(id: string): boolean {
    return this.#byId.has(id);
  }

  /** What others verify with; empty for secrets. */
  published(): PublicJwk[] {
    return this.#keys.map(({ jwk }) => jwk).filter((jwk) => jwk !== undefined);
  }

  /** `listener` is told of each key that is no longer accepted, before any token is looked at again. */
  onWithdrawal(listener: (key: SigningKey) => void): void {
    this.#withdrawn.push(listener);
  }

  /** Reads the directory again, once for all who ask while it is being read. What cannot be used changes nothing. */
  reload(): Promise<void> {
    this.#reading ??= this.#reload().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
  }

  async #reload(): Promise<void> {
    if (!this.directory) return;
    const { keys, problems, warnings } = await this.directory.read();
    const found = ordered([...this.fixed, ...keys]);
    const isUsable = found.some(canSign);
    if (!isUsable && problems.length === 0)
      problems.push(`${this.directory.path} holds no key to sign with any more.`);
    this.#problems = problems.length;
    this.#report([...problems.map((problem) => `${problem} The keys that worked are kept.`), ...warnings]);
    if (isUsable) this.#replace(found);
  }

  #replace(keys: readonly SigningKey[]): void {
    const before = this.#keys;
    for (const { id } of keys) {
      if (!this.#byId.has(id)) this.#settledAt.set(id, Date.now() + SETTLING_READINGS * this.reloadMs);
    }
    const added = keys.filter(({ id }) => !this.#byId.has(id));
    this.#keys = keys;
    this.#byId = byId(keys);
    for (const key of added) this.#logger.log(`Tokens signed with ${key.name} are accepted from now on.`);
    for (const key of before.filter(({ id }) => !this.#byId.has(id))) {
      this.#settledAt.delete(key.id);
      this.#logger.log(`Tokens signed with ${key.name} are refused from now on.`);
      for (const listener of this.#withdrawn) listener(key);
    }
  }

  #maySignFrom({ id, signsFrom }: SigningKey): number {
    return Math.max(signsFrom, this.#settledAt.get(id) ?? 0);
  }

  /** Each once, until it was gone in between. */
  #report(sentences: readonly string[]): void {
    for (const known of this.#reported) if (!sentences.includes(known)) this.#reported.delete(known);
    for (const sentence of sentences) {
      if (this.#reported.has(sentence)) continue;
      this.#reported.add(sentence);
      this.#logger.warn(sentence);
    }
  }

  #watch(): void {
    if (!this.directory) return;
    this.#timer = setInterval(() => void this.reload(), this.reloadMs).unref();
  }
}

const NOTHING = { keys: [] as SigningKey[], problems: [] as string[], warnings: [] as string[] };

function canSign({ signWith }: SigningKey): boolean {
  return signWith !== undefined;
}

/** One of each, the private half before the public; the one that is to sign last in time comes first. */
function ordered(keys: readonly SigningKey[]): SigningKey[] {
  const sorted = keys.toSorted((a, b) => b.signsFrom - a.signsFrom || (a.name < b.name ? 1 : -1));
  const halves = [...sorted.filter(canSign), ...sorted];
  const kept = new Set([...Map.groupBy(halves, ({ id }) => id).values()].map(([first]) => first!));
  return sorted.filter((key) => kept.has(key));
}

function byId(keys: readonly SigningKey[]): ReadonlyMap<string, SigningKey> {
  return new Map(keys.map((key) => [key.id, key]));
}
