import { SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { Permission } from './permissions.js';

const ACCESS = 'arcana:access';

/** Who may call a route or rpc. Every one declares exactly one policy; boot fails where one is missing. */
export type AccessPolicy =
  | { readonly kind: 'public' }
  /** Anonymous, or signed in: a credential that is sent must be valid. An API key is not accepted. */
  | { readonly kind: 'optional'; readonly keys?: undefined }
  | {
      readonly kind: 'authenticated';
      /** Whether an API key may call as well, whatever its scopes. */
      readonly keys?: boolean;
    }
  | {
      readonly kind: 'permission';
      readonly permission: Permission;
      /** Path parameter or message field with the account's id: its owner needs no permission. */
      readonly selfBy?: string;
    };

const declareAccess = (policy: AccessPolicy): MethodDecorator => SetMetadata(ACCESS, policy);

/** Anyone may call; a credential is not looked at. */
export const Public = (): MethodDecorator => declareAccess({ kind: 'public' });
/** Anyone may call; a credential, if sent, must be valid and a person's. */
export const OptionallyAuthenticated = (): MethodDecorator => declareAccess({ kind: 'optional' });
/**
 * Any signed-in person may call. What concerns a person's own credentials is declared so: an API key is refused, unless
 * `keys` says that the call tells no more than who it is, or that the service asks for a permission itself.
 */
export const Authenticated = ({ keys = false } = {}): MethodDecorator =>
  declareAccess({ kind: 'authenticated', keys });
/** Accounts whose role carries the permission may call; an API key needs it among its scopes as well. */
export const RequirePermission = (permission: Permission): MethodDecorator =>
  declareAccess({ kind: 'permission', permission });
/**
 * The account named by `parameter` itself may call, and accounts whose role carries the permission. An API key needs it
 * among its scopes in both cases.
 */
export const SelfOr = (permission: Permission, parameter = 'id'): MethodDecorator =>
  declareAccess({ kind: 'permission', permission, selfBy: parameter });

/** Reading metadata at every call would cost more than deciding. */
const known = new WeakMap<object, AccessPolicy>();

/** The policy that a handler declares. */
export function accessPolicyOf(handler: object): AccessPolicy | undefined {
  let policy = known.get(handler);
  if (!policy) {
    policy = Reflect.getMetadata(ACCESS, handler) as AccessPolicy | undefined;
    if (policy) known.set(handler, policy);
  }
  return policy;
}

/** The part of gRPC metadata that guards need; the library itself stays in platform/grpc. */
interface CallMetadata {
  get(key: string): (string | Buffer)[];
}

interface HttpRequest {
  headers: Record<string, string | string[] | undefined>;
  params: Record<string, string | undefined>;
}

/** The Authorization header or metadata entry; an array when it was sent more than once. */
export function authorizationOf(context: ExecutionContext): string | string[] | undefined {
  if (context.getType() === 'http')
    return context.switchToHttp().getRequest<HttpRequest>().headers['authorization'];
  const values = context.switchToRpc().getContext<CallMetadata>().get('authorization').map(String);
  return values.length > 1 ? values : values[0];
}

/** Value of a path parameter (HTTP) or message field (gRPC). */
export function parameterOf(context: ExecutionContext, name: string): unknown {
  if (context.getType() === 'http') return context.switchToHttp().getRequest<HttpRequest>().params[name];
  return context.switchToRpc().getData<Record<string, unknown>>()[name];
}
