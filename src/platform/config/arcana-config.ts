import { DeploymentSettings, ENVIRONMENTS, type Environment } from './deployment.settings.js';
import { MailSettings } from './mail.settings.js';
import { OutboundSettings, SyncSettings } from './outbound.settings.js';
import { BootstrapSettings, RateLimitSettings, SecuritySettings } from './security.settings.js';
import { ServerSettings } from './server.settings.js';
import { Section, Setting } from './setting.js';
import { DatabaseSettings, QueueSettings, RedisSettings } from './storage.settings.js';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export class ObservabilitySettings {
  @Setting({ type: 'choice', values: LOG_LEVELS, description: 'The least severe log entry that is written.' })
  log_level: LogLevel = 'info';

  @Setting({
    type: 'choice',
    values: LOG_FORMATS,
    description:
      'How log entries look; unless set, pretty in development on a terminal and json everywhere else.',
  })
  log_format: LogFormat = 'json';

  @Setting({
    type: 'url',
    schemes: ['http', 'https'],
    optional: true,
    description:
      'OTLP/HTTP collector for traces, for example http://collector:4318; unset: traces are not exported.',
  })
  otlp_endpoint?: string;

  @Setting({ type: 'text', maxLength: 255, description: 'Name of this service in traces and logs.' })
  service_name: string = 'arcana-cloud';
}

/**
 * The whole configuration: the schema, its defaults, and the token under which it is injected.
 *
 * `loadConfig` gives an instance that is validated, frozen, and whose paths are absolute.
 */
export class ArcanaConfig {
  @Setting({
    type: 'choice',
    values: ENVIRONMENTS,
    description:
      'Where this runs. It chooses which files are read, so only the environment and the command line can set it.',
  })
  environment: Environment = 'development';

  @Setting({
    type: 'path',
    description:
      'Where the product keeps what it makes itself: embedded database, mails, development secret.',
  })
  data_directory: string = '.arcana';

  @Section(DeploymentSettings)
  deployment: DeploymentSettings = new DeploymentSettings();

  @Section(ServerSettings)
  server: ServerSettings = new ServerSettings();

  @Section(DatabaseSettings)
  database: DatabaseSettings = new DatabaseSettings();

  @Section(RedisSettings)
  redis: RedisSettings = new RedisSettings();

  @Section(QueueSettings)
  queue: QueueSettings = new QueueSettings();

  @Section(SecuritySettings)
  security: SecuritySettings = new SecuritySettings();

  @Section(RateLimitSettings)
  rate_limit: RateLimitSettings = new RateLimitSettings();

  @Section(BootstrapSettings)
  bootstrap: BootstrapSettings = new BootstrapSettings();

  @Section(MailSettings)
  mail: MailSettings = new MailSettings();

  @Section(OutboundSettings)
  outbound: OutboundSettings = new OutboundSettings();

  @Section(SyncSettings)
  sync: SyncSettings = new SyncSettings();

  @Section(ObservabilitySettings)
  observability: ObservabilitySettings = new ObservabilitySettings();
}
