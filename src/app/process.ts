import type { Logger } from 'pino';
import {
  describeConfig,
  loadConfig,
  type ArcanaConfig,
  type ConfigSources,
} from '../platform/config/index.js';
import { createLogger, stopTelemetry } from '../platform/observability/index.js';
import { bootSentences } from './boot-error.js';
import { startApplication, type Application } from './start.js';

const TELEMETRY_FLUSH_MS = 2_000;
/** 128 + SIGINT: what a shell expects of a process that was told twice to stop. */
const EXIT_FORCED = 130;

/** The life of a process: configuration, start, signals, exit code. The only code that ends the process. */
export async function runProcess(): Promise<void> {
  let logger: Logger | undefined;
  try {
    const { config, sources } = loadConfig();
    logger = createLogger(config.observability);
    logger.info({ configuration: printable(config, sources) }, 'effective configuration');
    const started = startApplication(config, logger);
    endOnSignal(started, config, logger);
    const application = await started;
    process.stdout.write(application.banner);
  } catch (error) {
    const { sentences, foreseen } = bootSentences(error);
    if (!foreseen) logger?.fatal({ err: error as Error }, 'start failed');
    logger?.flush();
    // On standard error, so that it is seen wherever the log goes.
    for (const sentence of sentences) process.stderr.write(`${sentence}\n`);
    process.exitCode = 1;
    await stopTelemetry(TELEMETRY_FLUSH_MS);
    process.exit();
  }
}

const printable = (config: ArcanaConfig, sources: ConfigSources): string[] =>
  // What nobody changed is in the documentation.
  describeConfig(config, sources).filter((line) => !line.endsWith('(default)'));

/**
 * One signal drains the process, a second one ends it at once. An error that nobody caught ends it too: its state is
 * not to be trusted; committed data is safe, and the embedded server is adopted by the next start.
 */
function endOnSignal(started: Promise<Application>, config: ArcanaConfig, logger: Logger): void {
  let stopping = false;
  const stop = async (signal: string, exitCode: number): Promise<void> => {
    if (stopping) process.exit(EXIT_FORCED);
    stopping = true;
    logger.info({ signal }, 'shutting down');
    const end = performance.now() + config.server.shutdown_timeout_ms;
    const limit = setTimeout(() => {
      logger.error('shutdown took too long');
      logger.flush();
      process.exit(1);
    }, config.server.shutdown_timeout_ms);
    limit.unref();
    // A start that failed has closed what it had opened, and says why itself.
    const application = await started.catch(() => undefined);
    await application?.close(end - performance.now());
    // Half of what is left: the log is to be written, too.
    await stopTelemetry(Math.min(TELEMETRY_FLUSH_MS, (end - performance.now()) / 2));
    logger.info('stopped');
    logger.flush();
    process.exit(exitCode);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => void stop(signal, 0));
  }
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught exception');
    void stop('uncaughtException', 1);
  });
  process.on('unhandledRejection', (reason) => {
    logger.fatal({ err: reason as Error }, 'unhandled rejection');
    void stop('unhandledRejection', 1);
  });
}
