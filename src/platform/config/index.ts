/**
 * Configuration: one typed schema (`ArcanaConfig`), one reader (`loadConfig`).
 *
 * This room alone reads the environment, the command line, `.env` and `config/*.toml`. Everything else is given an
 * `ArcanaConfig`, by injection or as an argument. A setting is declared once, in its section class: description, type,
 * limits and default; `.env.example` and docs/configuration.md are held against that declaration by tests.
 */
export { ArcanaConfig, ObservabilitySettings, type LogFormat, type LogLevel } from './arcana-config.js';
export { ApiKeySettings } from './api-key.settings.js';
export { ConfigurationError } from './configuration.error.js';
export {
  DeploymentSettings,
  type DeploymentLayer,
  type DeploymentLink,
  type DeploymentMode,
  type Environment,
} from './deployment.settings.js';
export { describeConfig, withoutPassword } from './describe-config.js';
export { jwtSecret } from './development-secret.js';
export {
  MailSettings,
  mailTransport,
  SmtpSettings,
  type MailTransport,
  type SmtpTlsMode,
} from './mail.settings.js';
export { loadConfig, type ConfigInput, type ConfigSources } from './load-config.js';
export { OutboundSettings, SyncSettings } from './outbound.settings.js';
export { productVersion } from './product-version.js';
export { projectRoot } from './project-root.js';
export {
  Argon2Settings,
  BootstrapSettings,
  RateLimitSettings,
  RegistrationSettings,
  SecuritySettings,
  type JwtAlgorithm,
  type PasswordPolicy,
} from './security.settings.js';
export { weaknessOf } from './secret-strength.js';
export { SignInThrottleSettings } from './sign-in-throttle.settings.js';
export { GrpcSettings, ManagementSettings, RestSettings, ServerSettings } from './server.settings.js';
export { DatabaseSettings, QueueSettings, RedisSettings } from './storage.settings.js';
