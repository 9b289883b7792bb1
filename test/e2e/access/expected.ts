/** What each kind of caller gets. */
export interface Expected<T> {
  anonymous: T;
  user: T;
  moderator: T;
  admin: T;
  super_admin: T;
  /** An administrator's API key without any scope. */
  bare_key: T;
  /** An administrator's API key with every scope that an administrator can give. */
  full_key: T;
  /** The caller whose account `{id}` names; for the others it is somebody else's. Where no account is named: left out. */
  self?: T;
}

export type Caller = keyof Expected<unknown>;

/**
 * One row: `METHOD /path` or `package.Service/Rpc`, a request that changes nothing, and who gets what. Where a caller is
 * allowed the request is refused for another reason: a body without fields is 422, an id that nobody has is 404.
 *
 * `{id}` is the id of an account; any other parameter (`{nobody}` where there is no better name) is one that nothing has.
 */
export type Row<T> = [target: string, request: unknown, expected: Expected<T>];

/** The words in which the answers of one protocol are stated. */
interface Words<T> {
  /** Anybody, signed in or not. */
  everyone(answer: T): Expected<T>;
  /** Anybody who sends no credential, or a person's. */
  allButKeys(answer: T): Expected<T>;
  /** Whoever is signed in, be it with an API key of no scope. */
  signedIn(answer: T): Expected<T>;
  /** Whoever is signed in as a person, not with an API key: what concerns one's own credentials. */
  persons(answer: T): Expected<T>;
  /** Moderators and above. */
  operators(answer: T): Expected<T>;
  /** Administrators and above. */
  admins(answer: T): Expected<T>;
  /** Super administrators. */
  superAdmins(answer: T): Expected<T>;
}

function words<T>(unknown: T, forbidden: T): Words<T> {
  const everyone = (answer: T): Expected<T> => ({
    anonymous: answer,
    user: answer,
    moderator: answer,
    admin: answer,
    super_admin: answer,
    bare_key: answer,
    full_key: answer,
  });
  const allButKeys = (answer: T): Expected<T> => ({
    ...everyone(answer),
    bare_key: forbidden,
    full_key: forbidden,
  });
  const signedIn = (answer: T): Expected<T> => ({ ...everyone(answer), anonymous: unknown });
  const persons = (answer: T): Expected<T> => ({ ...allButKeys(answer), anonymous: unknown });
  const operators = (answer: T): Expected<T> => ({
    ...signedIn(answer),
    user: forbidden,
    bare_key: forbidden,
  });
  const admins = (answer: T): Expected<T> => ({ ...operators(answer), moderator: forbidden });
  const superAdmins = (answer: T): Expected<T> => ({
    ...admins(answer),
    admin: forbidden,
    full_key: forbidden,
  });
  return { everyone, allButKeys, signedIn, persons, operators, admins, superAdmins };
}

/** Answers are HTTP statuses. */
export const rest = words<number>(401, 403);
/** Answers are names of gRPC statuses. */
export const rpc = words<string>('UNAUTHENTICATED', 'PERMISSION_DENIED');

export type Routes = readonly Row<number>[];
export type Rpcs = readonly Row<string>[];

/** An id that nothing has. */
export const NOBODY = '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87';

/** google.protobuf.Struct in proto JSON, numbers alone. */
export const struct = (object: Record<string, number>): object => ({
  fields: Object.fromEntries(Object.entries(object).map(([name, numberValue]) => [name, { numberValue }])),
});
