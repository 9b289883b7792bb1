import type { Principal } from '../context/index.js';

/** Roles, weakest first: each has every permission of those before it. */
export const ROLES = ['user', 'moderator', 'admin', 'super_admin'] as const;
export type Role = (typeof ROLES)[number];

const OPERATOR = ['users:read', 'jobs:read', 'plugins:read'] as const;
const ADMIN = [
  ...OPERATOR,
  'users:list',
  'users:create',
  'users:update',
  'users:delete',
  'users:restore',
  'users:change_role',
  'users:change_status',
  'users:import',
  'users:export',
  'jobs:enqueue',
  'audit:read',
] as const;
const SUPER_ADMIN = [...ADMIN, 'users:manage_super_admins'] as const;

export type Permission = (typeof SUPER_ADMIN)[number];

/** The one table from which every decision is derived. What is not listed is denied. */
export const PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  user: [],
  moderator: OPERATOR,
  admin: ADMIN,
  super_admin: SUPER_ADMIN,
};

const SETS = new Map<string, ReadonlySet<string>>(
  Object.entries(PERMISSIONS).map(([role, permissions]) => [role, new Set(permissions)]),
);

/** What decides: roles, and with an API key its scopes beside them. */
type Caller = Pick<Principal, 'roles' | 'via' | 'scopes'>;

/** Whether any of `roles` carries `permission`; an unknown role carries none. */
const carries = (roles: readonly string[], permission: string): boolean =>
  roles.some((role) => SETS.get(role)?.has(permission) ?? false);

/** Whether the caller may do this: by role, and with an API key by one of its scopes as well. */
export const permits = (caller: Caller, permission: Permission): boolean =>
  carries(caller.roles, permission) && withinScopes(caller, permission);

/** What a key may not, its owner's own account included; a person is bound by no scopes. */
export const withinScopes = ({ via, scopes }: Caller, permission: Permission): boolean =>
  via === 'access_token' || (scopes?.includes(permission) ?? false);

/**
 * Whether the caller may do all that an account of `role` may: what giving the role, or an account that has it to
 * somebody, amounts to. A key that may create accounts would otherwise be worth whatever account it creates.
 */
export const covers = (caller: Caller, role: Role): boolean =>
  PERMISSIONS[role].every((permission) => permits(caller, permission));

/** Every permission there is: what a key can be limited to. */
export const ALL_PERMISSIONS: readonly Permission[] = PERMISSIONS.super_admin;

/** Those of `names` that `roles` carry, in their order; what is no permission is carried by none. */
export const carried = (names: readonly string[], roles: readonly string[]): Permission[] =>
  names.filter((name): name is Permission => carries(roles, name));

/** The roles that carry `permission`, weakest first: what the API documentation shows. */
export const rolesWith = (permission: Permission): Role[] =>
  ROLES.filter((role) => PERMISSIONS[role].includes(permission));
