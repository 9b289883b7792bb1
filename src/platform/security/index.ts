/**
 * Security: who is calling (through the PrincipalResolver port), what roles may do (one table), and the guards that
 * hold on REST and gRPC alike.
 */
export {
  accessPolicyOf,
  Authenticated,
  OptionallyAuthenticated,
  Public,
  RequirePermission,
  SelfOr,
} from './access.js';
export type { AccessPolicy } from './access.js';
export { ACCESS_MEMORY_MS, AccessCuts, sessionTag, userTag } from './access-cuts.js';
export { AccessDeclarationCheck } from './access-declaration.check.js';
export { AuthenticationGuard } from './authentication.guard.js';
export { AuthorizationGuard } from './authorization.guard.js';
export { currentPrincipal } from './current-principal.js';
export { ALL_PERMISSIONS, carried, covers, permits, PERMISSIONS, ROLES, rolesWith } from './permissions.js';
export type { Permission, Role } from './permissions.js';
export { PrincipalResolver } from './principal-resolver.js';
export { SecurityModule } from './security.module.js';
