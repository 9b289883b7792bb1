import {
  Controller,
  Get,
  Module,
  type ExecutionContext,
  type INestApplication,
  type Type,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { jest } from '@jest/globals';
import { RequestContext, type Principal } from '../context/index.js';
import { AppError } from '../errors/index.js';
import { AccessDeclarationCheck } from './access-declaration.check.js';
import { Authenticated, OptionallyAuthenticated, Public, RequirePermission, SelfOr } from './access.js';
import { AuthenticationGuard } from './authentication.guard.js';
import { AuthorizationGuard } from './authorization.guard.js';
import { currentPrincipal } from './current-principal.js';
import { ALL_PERMISSIONS, carried, covers, permits, PERMISSIONS, ROLES, rolesWith } from './permissions.js';
import type { PrincipalResolver } from './principal-resolver.js';

const ALICE = '019a0000-0000-7000-8000-00000000000a';
const BOB = '019a0000-0000-7000-8000-00000000000b';
const principal = (role: string, id = ALICE): Principal => ({ id, roles: [role], via: 'access_token' });
const key = (role: string, ...scopes: string[]): Principal => ({
  ...principal(role),
  via: 'api_key',
  key_id: '019a0000-0000-7000-8000-0000000000ff',
  scopes,
});

class Routes {
  @Public()
  open(): void {}

  @OptionallyAuthenticated()
  optional(): void {}

  @Authenticated()
  signedIn(): void {}

  @Authenticated({ keys: true })
  anybody(): void {}

  @RequirePermission('users:list')
  list(): void {}

  @SelfOr('users:read')
  one(): void {}

  undeclared(): void {}
}

type Handler = keyof Routes;

function http(
  handler: Handler,
  authorization?: string | string[],
  params: Record<string, string> = {},
): ExecutionContext {
  return {
    getType: () => 'http',
    getHandler: () => Routes.prototype[handler],
    switchToHttp: () => ({ getRequest: () => ({ headers: { authorization }, params }) }),
  } as unknown as ExecutionContext;
}

function rpc(handler: Handler, authorization: string[] = [], data: object = {}): ExecutionContext {
  return {
    getType: () => 'rpc',
    getHandler: () => Routes.prototype[handler],
    switchToRpc: () => ({
      getContext: () => ({ get: (key: string) => (key === 'authorization' ? authorization : []) }),
      getData: () => data,
    }),
  } as unknown as ExecutionContext;
}

function guard(answer: Principal | AppError) {
  const resolve = jest.fn<PrincipalResolver['resolve']>(() =>
    answer instanceof AppError ? Promise.reject(answer) : Promise.resolve(answer),
  );
  return { resolve, guard: new AuthenticationGuard({ resolve, renew: resolve as never }) };
}

const inContext = async <T>(
  fn: () => T | Promise<T>,
  caller?: Principal,
): Promise<{ result: T; context: RequestContext }> => {
  const context = new RequestContext({
    requestId: 'r',
    protocol: 'http',
    ...(caller && { principal: caller }),
  });
  return { result: await RequestContext.run(context, fn), context };
};

describe('authentication', () => {
  it('asks nothing of a public handler, whatever is sent', async () => {
    const { guard: authentication, resolve } = guard(new AppError('UNAUTHORIZED'));
    expect(await authentication.canActivate(http('open', 'Bearer junk'))).toBe(true);
    expect(resolve).not.toHaveBeenCalled();
  });

  it.each([http, (handler: Handler, value: string) => rpc(handler, [value])])(
    'establishes the caller',
    async (make) => {
      const { guard: authentication, resolve } = guard(principal('user'));
      const { result, context } = await inContext(() =>
        authentication.canActivate(make('signedIn', 'Bearer abc.def')),
      );
      expect(result).toBe(true);
      expect(resolve).toHaveBeenCalledWith('abc.def');
      expect(context.principal).toEqual(principal('user'));
    },
  );

  it.each([
    ['nothing', undefined],
    ['another scheme', 'Basic YTpi'],
    ['no token', 'Bearer '],
    ['two tokens', 'Bearer a b'],
    ['two headers', ['Bearer a', 'Bearer b']],
    ['characters outside of a token', 'Bearer a\u0000b'],
    ['4 KiB and more', `Bearer ${'a'.repeat(4096)}`],
  ])('refuses %s without asking who it is', async (_what, authorization) => {
    const { guard: authentication, resolve } = guard(principal('user'));
    await expect(
      inContext(() => authentication.canActivate(http('signedIn', authorization))),
    ).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    expect(resolve).not.toHaveBeenCalled();
  });

  it('refuses two authorization entries on gRPC', async () => {
    const { guard: authentication } = guard(principal('user'));
    await expect(
      inContext(() => authentication.canActivate(rpc('signedIn', ['Bearer a', 'Bearer b']))),
    ).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  it('passes on why a token is refused', async () => {
    const { guard: authentication } = guard(new AppError('TOKEN_EXPIRED'));
    await expect(
      inContext(() => authentication.canActivate(http('list', 'Bearer old'))),
    ).rejects.toMatchObject({ code: 'TOKEN_EXPIRED' });
  });

  it('takes no credential or a valid one where it is optional', async () => {
    expect(await guard(new AppError('UNAUTHORIZED')).guard.canActivate(http('optional'))).toBe(true);
    await expect(
      inContext(() => guard(new AppError('UNAUTHORIZED')).guard.canActivate(http('optional', 'Bearer junk'))),
    ).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });
});

describe('authorisation', () => {
  const authorization = new AuthorizationGuard();
  const decide = (context: ExecutionContext, caller?: Principal) =>
    inContext(() => authorization.canActivate(context), caller);

  it('refuses a handler that declares nothing', async () => {
    await expect(decide(http('undeclared'), principal('super_admin'))).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('decides by the permission of the role', async () => {
    await expect(decide(http('list'), principal('admin'))).resolves.toMatchObject({ result: true });
    await expect(decide(http('list'), principal('moderator'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(decide(http('list'), principal('nonsense'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(decide(http('list'))).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
  });

  it.each([
    ['REST', (id: string) => http('one', undefined, { id })],
    ['gRPC', (id: string) => rpc('one', [], { id })],
  ])('lets an account reach itself and nobody else: %s', async (_protocol, make) => {
    await expect(decide(make(ALICE), principal('user'))).resolves.toMatchObject({ result: true });
    await expect(decide(make(ALICE.toUpperCase()), principal('user'))).resolves.toMatchObject({
      result: true,
    });
    await expect(decide(make(BOB), principal('user'))).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(decide(make(BOB), principal('moderator'))).resolves.toMatchObject({ result: true });
  });
});

describe('an API key', () => {
  const authorization = new AuthorizationGuard();
  const allowed = async (context: ExecutionContext, caller: Principal): Promise<boolean> =>
    inContext(() => authorization.canActivate(context), caller).then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'FORBIDDEN' });
        return false;
      },
    );

  it('may what both its scopes and the role of its owner permit', async () => {
    expect(await allowed(http('list'), key('admin', 'users:list'))).toBe(true);
    expect(await allowed(http('list'), key('admin', 'users:read'))).toBe(false);
    expect(await allowed(http('list'), key('moderator', 'users:list'))).toBe(false);
    expect(await allowed(http('list'), key('super_admin'))).toBe(false);
  });

  it('without a list of scopes may nothing', async () => {
    expect(await allowed(http('list'), { ...principal('admin'), via: 'api_key' })).toBe(false);
  });

  it('needs the scope for the account of its owner, too', async () => {
    expect(await allowed(http('one', undefined, { id: ALICE }), key('user'))).toBe(false);
    expect(await allowed(http('one', undefined, { id: ALICE }), key('moderator', 'users:read'))).toBe(true);
    expect(await allowed(rpc('one', [], { id: BOB }), key('moderator', 'users:read'))).toBe(true);
  });

  it('may not call what is about a person, unless it is declared so', async () => {
    expect(await allowed(http('signedIn'), key('super_admin', ...ALL_PERMISSIONS))).toBe(false);
    expect(await allowed(http('optional'), key('super_admin', ...ALL_PERMISSIONS))).toBe(false);
    expect(await allowed(http('anybody'), key('user'))).toBe(true);
    expect(await allowed(http('optional'), principal('user'))).toBe(true);
  });
});

describe('the permission table', () => {
  it('gives a higher role all that a lower one has', () => {
    for (const [rank, role] of ROLES.entries()) {
      for (const lower of ROLES.slice(0, rank))
        expect(PERMISSIONS[role]).toEqual(expect.arrayContaining([...PERMISSIONS[lower]]));
    }
  });

  it('knows which roles carry a permission', () => {
    expect(rolesWith('jobs:read')).toEqual(['moderator', 'admin', 'super_admin']);
    expect(permits(principal('user'), 'jobs:read')).toBe(false);
    expect(permits({ roles: ['user', 'moderator'], via: 'access_token' }, 'jobs:read')).toBe(true);
  });

  it('picks out of some names those that a role carries', () => {
    expect(carried(['users:list', 'jobs:read', 'nonsense', 'toString'], ['moderator'])).toEqual([
      'jobs:read',
    ]);
    expect(carried(['users:read'], ['nonsense', '__proto__'])).toEqual([]);
  });

  it('lets nobody hand out more than they may themselves', () => {
    expect(ROLES.filter((role) => covers(principal('admin'), role))).toEqual(['user', 'moderator', 'admin']);
    expect(ROLES.filter((role) => covers(principal('super_admin'), role))).toEqual([...ROLES]);
    expect(ROLES.filter((role) => covers(key('super_admin', 'users:create'), role))).toEqual(['user']);
    expect(ROLES.filter((role) => covers(key('admin', ...ALL_PERMISSIONS), role))).toEqual([
      'user',
      'moderator',
      'admin',
    ]);
  });
});

describe('the caller of the work in hand', () => {
  it('is refused where nobody is signed in', async () => {
    expect(() => currentPrincipal()).toThrow(AppError);
    await expect(inContext(() => currentPrincipal(), principal('user'))).resolves.toMatchObject({
      result: principal('user'),
    });
  });
});

describe('the boot check of access declarations', () => {
  async function boot(controller: Type): Promise<INestApplication> {
    @Module({ imports: [DiscoveryModule], controllers: [controller], providers: [AccessDeclarationCheck] })
    class App {}
    const module = await Test.createTestingModule({ imports: [App] }).compile();
    await module.init();
    return module as unknown as INestApplication;
  }

  it('refuses a route that does not say who may call it', async () => {
    @Controller()
    class Careless {
      @Get()
      read(): void {}
    }
    await expect(boot(Careless)).rejects.toThrow('Careless.read does not say who may call it');
  });

  it('accepts declared routes and ignores methods that are no handlers', async () => {
    @Controller()
    class Careful {
      @Get()
      @Public()
      read(): void {}

      private unrelated(): void {}
    }
    await (await boot(Careful)).close();
  });
});
