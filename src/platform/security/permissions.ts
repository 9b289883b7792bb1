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

/** Whether any of `roles` carries `permission`; an unknown role carries none. */
export const permits = (roles: readonly string[], permission: Permission): boolean =>
  roles.some((role) => SETS.get(role)?.has(permission) ?? false);

/** The roles that carry `permission`, weakest first: what the API documentation shows. */
export const rolesWith = (permission: Permission): Role[] =>
  ROLES.filter((role) => PERMISSIONS[role].includes(permission));
