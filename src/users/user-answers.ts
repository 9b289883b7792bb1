import type { User } from './dto/user.dto.js';
import { entityTag } from './if-match.js';

/** How the header of an answered account is documented. */
export const ETAG = {
  ETag: {
    description: 'Version of the account, for If-Match.',
    schema: { type: 'string' as const, example: '"1"' },
  },
};

/** How the path parameter of an account is documented. */
export const ID = {
  name: 'id',
  description: 'Id of the account.',
  format: 'uuid',
  example: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87',
};

/** How the condition of a write is documented. */
export const IF_MATCH = {
  name: 'If-Match',
  required: false,
  description: 'ETag of the version the change is meant for, such as `"1"`.',
};

interface Reply {
  header(name: string, value: string): unknown;
}

/** Answers an account together with its version. */
export function tagged(reply: Reply, user: User): User {
  void reply.header('etag', entityTag(user.version));
  return user;
}
