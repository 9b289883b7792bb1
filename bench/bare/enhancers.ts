import { AsyncLocalStorage } from 'node:async_hooks';
import {
  Catch,
  ValidationPipe,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { IsString, MaxLength } from 'class-validator';
import { Observable, tap, throwError } from 'rxjs';

/** What HTTP applications and microservices of Nest have in common. */
interface App {
  useGlobalGuards(...guards: CanActivate[]): unknown;
  useGlobalPipes(...pipes: PipeTransform[]): unknown;
  useGlobalInterceptors(...interceptors: NestInterceptor[]): unknown;
  useGlobalFilters(...filters: ExceptionFilter[]): unknown;
}

/** The request of ValidateToken as a class, for the validation pipe. */
export class TokenRequest {
  declare access_token: string;
}
IsString()(TokenRequest.prototype, 'access_token');
MaxLength(8192)(TokenRequest.prototype, 'access_token');

const guard: CanActivate = { canActivate: () => true };
const asynchronousGuard: CanActivate = { canActivate: () => Promise.resolve(true) };
const pipe: PipeTransform = { transform: (value: unknown) => value };
const passingInterceptor: NestInterceptor = { intercept: (_context, next) => next.handle() };

let observed = 0;
const tappingInterceptor: NestInterceptor = {
  intercept: (_context, next) =>
    next.handle().pipe(
      tap({
        next: () => {
          observed += 1;
        },
      }),
    ),
};

/** The context of a request, as a product would carry its id and caller. */
export const storage = new AsyncLocalStorage<{ request_id: number }>();
const contextInterceptor: NestInterceptor = {
  intercept: (_context, next) => withContext(() => next.handle()),
};

/** Subscribes to what `make` gives inside a context of its own. */
export function withContext<Value>(make: () => Observable<Value>): Observable<Value> {
  return new Observable((subscriber) =>
    storage.run({ request_id: observed }, () => make().subscribe(subscriber)),
  );
}

class RethrowingFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): unknown {
    if (host.getType() === 'rpc') return throwError(() => exception);
    throw exception;
  }
}
Catch()(RethrowingFilter);

/** Every kind of global enhancer, each doing nothing beyond being there. */
const ENHANCERS = {
  guard: (app: App) => app.useGlobalGuards(guard),
  'asynchronous guard': (app: App) => app.useGlobalGuards(asynchronousGuard),
  pipe: (app: App) => app.useGlobalPipes(pipe),
  'validation pipe': (app: App) =>
    app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true })),
  'passing interceptor': (app: App) => app.useGlobalInterceptors(passingInterceptor),
  'tapping interceptor': (app: App) => app.useGlobalInterceptors(tappingInterceptor),
  'context interceptor': (app: App) => app.useGlobalInterceptors(contextInterceptor),
  filter: (app: App) => app.useGlobalFilters(new RethrowingFilter()),
} as const;

/** The hook every protocol has another way to add: it opens the context before any enhancer runs. */
const CONTEXT_HOOK = 'context hook';

export type EnhancerName = keyof typeof ENHANCERS | typeof CONTEXT_HOOK;

export const ENHANCER_NAMES = [...Object.keys(ENHANCERS), CONTEXT_HOOK] as EnhancerName[];

/**
 * Puts the named enhancers on an application, globally.
 *
 * @param addContextHook how this kind of application opens a context before its enhancers
 */
export function useEnhancers(app: App, names: EnhancerName[], addContextHook: () => void): void {
  for (const name of names) {
    if (name === CONTEXT_HOOK) addContextHook();
    else ENHANCERS[name](app);
  }
}
