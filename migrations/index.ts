import { Effects1790000000001 } from './1790000000001-effects.js';
import { Users1790000000005 } from './1790000000005-users.js';
import { Sessions1790000000006 } from './1790000000006-sessions.js';
import { Coordination1790000000010 } from './1790000000010-coordination.js';
import { Jobs1790000000020 } from './1790000000020-jobs.js';
import { Plugins1790000000030 } from './1790000000030-plugins.js';
import { SessionLifetimes1790000000041 } from './1790000000041-session-lifetimes.js';
import { AccountTokens1790000000042 } from './1790000000042-account-tokens.js';
import { KnownAddresses1790000000043 } from './1790000000043-known-addresses.js';
import { ApiKeys1790000000044 } from './1790000000044-api-keys.js';
import { UserLists1790000000045 } from './1790000000045-user-lists.js';
import { UserImports1790000000046 } from './1790000000046-user-imports.js';
import { AuditSearch1790000000047 } from './1790000000047-audit-search.js';
import { UserSync1790000000048 } from './1790000000048-user-sync.js';

/** Every step, oldest first. Append only: a step that has run anywhere is never edited. */
export const MIGRATIONS = [
  Effects1790000000001,
  Users1790000000005,
  Sessions1790000000006,
  Coordination1790000000010,
  Jobs1790000000020,
  Plugins1790000000030,
  SessionLifetimes1790000000041,
  AccountTokens1790000000042,
  KnownAddresses1790000000043,
  ApiKeys1790000000044,
  UserLists1790000000045,
  UserImports1790000000046,
  AuditSearch1790000000047,
  UserSync1790000000048,
];
