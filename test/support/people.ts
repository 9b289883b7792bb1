import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import type { RestAnswer, RestClient } from './rest-client.js';

export type RoleName = 'user' | 'moderator' | 'admin' | 'super_admin';

/** An account and a session of it. */
export interface Person {
  id: string;
  name: string;
  email: string;
  password: string;
  /** Access token. */
  token: string;
  refreshToken: string;
}

const PASSWORD = 'Tr0mbone-Quartet';

/** A key by which a service calls. */
export interface ServiceKey {
  id: string;
  /** The credential. */
  token: string;
}

/** Makes accounts over REST alone, the way people come into being: by registration, or by an administrator and a mail. */
export class People {
  readonly #byRole = new Map<RoleName, Promise<Person>>();
  #count = 0;

  constructor(
    private readonly rest: RestClient,
    private readonly administrator: { email: string; password: string },
    private readonly mails: Mails,
  ) {}

  /** An address that nobody has. */
  newEmail(): string {
    return `person-${++this.#count}@example.test`;
  }

  /** A new account of role user, signed in. */
  async newcomer(name = 'Ada Lovelace'): Promise<Person> {
    const email = this.newEmail();
    const { id } = expectStatus(
      await this.rest.post('/api/v1/auth/register', { name, email, password: PASSWORD }),
      201,
    );
    return this.signIn({ id: String(id), name, email, password: PASSWORD });
  }

  /** The same account of this role whenever it is asked for. */
  withRole(role: RoleName): Promise<Person> {
    const known = this.#byRole.get(role);
    if (known) return known;
    const made =
      role === 'user' ? this.newcomer() : role === 'super_admin' ? this.#superAdmin() : this.appoint(role);
    this.#byRole.set(role, made);
    return made;
  }

  /** A new account of this role: made by the administrator, its password set by its owner, signed in. */
  async appoint(role: RoleName): Promise<Person> {
    const { token } = await this.withRole('super_admin');
    const account = { name: `A ${role}`, email: this.newEmail() };
    const { id } = expectStatus(await this.rest.post('/api/v1/users', { ...account, role }, { token }), 201);
    const mail = await this.mails.to(account.email);
    expectStatus(
      await this.rest.post('/api/v1/auth/reset-password', { token: tokenIn(mail), new_password: PASSWORD }),
      204,
    );
    return this.signIn({ id: String(id), ...account, password: PASSWORD });
  }

  /** A further session of an account. */
  async signIn(account: Omit<Person, 'token' | 'refreshToken'>): Promise<Person> {
    const { email, password } = account;
    const pair = expectStatus(await this.rest.post('/api/v1/auth/login', { email, password }), 200);
    return { ...account, token: String(pair['access_token']), refreshToken: String(pair['refresh_token']) };
  }

  /** A new API key of this account. */
  async keyOf({ token }: Pick<Person, 'token'>, ...scopes: string[]): Promise<ServiceKey> {
    const request = { name: 'A service', scopes };
    const made = expectStatus(await this.rest.post('/api/v1/auth/api-keys', request, { token }), 201);
    return { id: String(made['id']), token: String(made['key']) };
  }

  async #superAdmin(): Promise<Person> {
    const person = await this.signIn({ id: '', name: 'Administrator', ...this.administrator });
    const me = expectStatus(await this.rest.get('/api/v1/auth/me', { token: person.token }), 200);
    return { ...person, id: String(me['id']) };
  }
}

/** The mails that a product wrote into its directory. */
export class Mails {
  constructor(private readonly directory: string) {}

  /** The decoded text of a mail to this address, as soon as there is one: of this subject, where one is asked for. */
  async to(address: string, subject?: string): Promise<string> {
    return (await this.all(address, 1, subject))[0]!;
  }

  /** The decoded texts of so many mails to this address, as soon as there are that many; oldest first. */
  all(address: string, count: number, subject = ''): Promise<string[]> {
    return eventually(`${count} mails ${subject} to ${address}`, async () => {
      const found = (await this.#everything()).filter(
        (mail) =>
          new RegExp(`^To: .*${address}`, 'm').test(mail) &&
          (subject === '' || mail.includes(`Subject: ${subject}\r\n`)),
      );
      return found.length >= count ? found : undefined;
    });
  }

  /** Every token that was mailed to anybody so far. */
  async tokens(): Promise<string[]> {
    return (await this.#everything()).flatMap((mail) =>
      [...mail.matchAll(/"token":"([\w-]+)"/g)].map(([, token]) => token!),
    );
  }

  async #everything(): Promise<string[]> {
    const names = (await readdir(this.directory).catch(() => [])).filter((name) => name.endsWith('.eml'));
    const mails = names.sort().map((name) => readFile(join(this.directory, name), 'utf8'));
    return (await Promise.all(mails)).map(decodeQuotedPrintable);
  }
}

/** The token that a mail brings. */
export const tokenIn = (mail: string): string => /"token":"([\w-]+)"/.exec(mail)![1]!;

/** Source: RFC 2045, section 6.7. ASCII is enough for what the tests look for. */
export const decodeQuotedPrintable = (text: string): string =>
  text
    .replaceAll(/=\r?\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function expectStatus({ status, body, text }: RestAnswer, expected: number): Record<string, unknown> {
  if (status !== expected) throw new Error(`Expected ${expected}, got ${status}: ${text}`);
  return body as Record<string, unknown>;
}
