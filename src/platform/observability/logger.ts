import type { LoggerService } from '@nestjs/common';
import { Logger as NestPinoLogger, PinoLogger } from 'nestjs-pino';
import type { Writable } from 'node:stream';
import { pino, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { ObservabilitySettings } from '../config/index.js';
import { RequestContext } from '../context/index.js';

/** Keys whose values never reach a log, at the top level and one level down. */
const SECRET_KEYS = [
  'password',
  'current_password',
  'new_password',
  'password_hash',
  'token',
  'access_token',
  'refresh_token',
  'authorization',
  'cookie',
  'secret',
  'jwt_secret',
  'admin_password',
];

/** A failed statement without its values and the driver's own words on them: both may be personal or secret. */
function describeError(error: Error): object {
  const { parameters, detail, driverError, ...told } = pino.stdSerializers.err(error) as Record<
    string,
    unknown
  >;
  return told;
}

/**
 * The one logger of a process: JSON lines, or readable ones for a terminal. Request id and trace are added to every
 * line that is written in a request.
 * @param destination standard output unless given (tests)
 */
export function createLogger(settings: ObservabilitySettings, destination?: Writable): Logger {
  const stream =
    settings.log_format === 'pretty'
      ? pretty({ singleLine: true, ignore: 'pid,hostname', sync: true, ...(destination && { destination }) })
      : (destination ?? pino.destination({ fd: 1, sync: false }));
  return pino(
    {
      level: settings.log_level,
      base: { service: settings.service_name },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: describeError },
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), censor: '[hidden]' },
      mixin: () => {
        const context = RequestContext.current();
        return context ? { request_id: context.requestId, trace_id: context.trace.traceId } : {};
      },
      // The line's own request_id wins over the mixin's.
      mixinMergeStrategy: (line, mixin) => ({ ...mixin, ...line }),
    },
    stream,
  );
}

/** What Nest tells of building its graph: worth reading when it goes wrong, and then at debug. */
const CHATTER = new Set([
  'InstanceLoader',
  'RouterExplorer',
  'RoutesResolver',
  'NestFactory',
  'NestMicroservice',
  'NestApplication',
]);

class QuietLogger extends NestPinoLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (CHATTER.has(String(rest.at(-1)))) this.debug(message, ...rest);
    else super.log(message, ...rest);
  }
}

/** Writes to the logger it was given: nestjs-pino's own remembers the first one of the process for all that follow. */
class OwnPinoLogger extends PinoLogger {
  readonly #own: Logger;

  constructor(own: Logger) {
    super({ pinoHttp: { logger: own } });
    this.#own = own;
  }

  override get logger(): Logger {
    return this.#own;
  }
}

/** What Nest and every `new Logger('Name')` of a feature write to. */
export const nestLogger = (logger: Logger): LoggerService => new QuietLogger(new OwnPinoLogger(logger), {});
