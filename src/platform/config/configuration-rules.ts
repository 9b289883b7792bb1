import type { ArcanaConfig } from './arcana-config.js';
import type { NameOf, Rule } from './configuration-rule.js';
import type { DeploymentLayer, DeploymentMode } from './deployment.settings.js';
import { mailProductionRules, mailRules } from './mail.rules.js';
import { weaknessOf } from './secret-strength.js';

/** What this release can run; the schema knows the whole vocabulary, so that a later mode is refused by name. */
const RUNNABLE_MODES: readonly DeploymentMode[] = ['monolithic'];
const RUNNABLE_LAYERS: readonly DeploymentLayer[] = ['all'];

/** OWASP Password Storage Cheat Sheet: Argon2id with at least 19 MiB. */
const LEAST_PRODUCTION_MEMORY_KIB = 19_456;

const rules: readonly Rule[] = [
  ...mailRules,
  {
    about: ['deployment.mode'],
    problem: ({ deployment }, name) =>
      RUNNABLE_MODES.includes(deployment.mode)
        ? undefined
        : `${name('deployment.mode')} is ${deployment.mode}, which this release cannot run: use ${RUNNABLE_MODES.join(' or ')}.`,
  },
  {
    about: ['deployment.layer'],
    problem: ({ deployment }, name) =>
      RUNNABLE_LAYERS.includes(deployment.layer)
        ? undefined
        : `${name('deployment.layer')} is ${deployment.layer}, which this release cannot run: use ${RUNNABLE_LAYERS.join(' or ')}.`,
  },
  {
    about: ['sync.url', 'outbound.allow_http', 'outbound.allowed_ports'],
    problem: ({ sync, outbound }, name) => {
      if (sync.url === undefined) return undefined;
      const { protocol, port, username, password } = new URL(sync.url);
      if (username || password)
        return `${name('sync.url')} must not hold credentials: what is posted is signed with sync.secret.`;
      if (protocol === 'http:' && !outbound.allow_http)
        return `${name('sync.url')} is plain http: use https, or set ${name('outbound.allow_http')}.`;
      const called = port || (protocol === 'http:' ? '80' : '443');
      return outbound.allowed_ports.includes(called)
        ? undefined
        : `${name('sync.url')} is on port ${called}, which ${name('outbound.allowed_ports')} does not list.`;
    },
  },
  distinctPorts('server.rest.port', 'server.grpc.port', (config) => [
    config.server.rest.port,
    config.server.grpc.port,
  ]),
  distinctPorts('server.rest.port', 'server.management.port', (config) => [
    config.server.rest.port,
    config.server.management.port,
  ]),
  distinctPorts('server.grpc.port', 'server.management.port', (config) => [
    config.server.grpc.port,
    config.server.management.port,
  ]),
  atMost('server.rest.headers_timeout_ms', 'server.rest.request_timeout_ms', ({ server }) => [
    server.rest.headers_timeout_ms,
    server.rest.request_timeout_ms,
  ]),
  atMost('server.rest.request_timeout_ms', 'server.rest.stream_timeout_ms', ({ server }) => [
    server.rest.request_timeout_ms,
    server.rest.stream_timeout_ms,
  ]),
  atMost('server.grpc.shutdown_grace_ms', 'server.shutdown_timeout_ms', ({ server }) => [
    server.grpc.shutdown_grace_ms,
    server.shutdown_timeout_ms,
  ]),
  atMost('security.jwt_access_expiration_secs', 'security.jwt_refresh_expiration_secs', ({ security }) => [
    security.jwt_access_expiration_secs,
    security.jwt_refresh_expiration_secs,
  ]),
  atMost(
    'security.jwt_refresh_expiration_secs',
    'security.session_absolute_expiration_secs',
    ({ security }) => [security.jwt_refresh_expiration_secs, security.session_absolute_expiration_secs],
  ),
  {
    about: ['security.jwt_algorithm', 'security.jwt_keys_directory'],
    problem: ({ security: { jwt_algorithm, jwt_keys_directory } }, name) =>
      jwt_algorithm !== 'HS256' && jwt_keys_directory === undefined
        ? `${name('security.jwt_keys_directory')} is required with ${jwt_algorithm}: make a key with npm run keys -- ${jwt_algorithm} and a directory, and name that here.`
        : undefined,
  },
  {
    about: ['security.registration.hide_existing', 'security.allow_unverified_sign_in'],
    problem: ({ security }, name) =>
      security.registration.hide_existing && security.allow_unverified_sign_in
        ? `${name('security.registration.hide_existing')} needs ${name('security.allow_unverified_sign_in')}=false: whoever registers could otherwise tell by signing in whether the address was free.`
        : undefined,
  },
];

const productionRules: readonly Rule[] = [
  {
    about: ['database.url'],
    problem: ({ database }, name) =>
      database.url === undefined
        ? `${name('database.url')} is required in production, where the embedded database is refused: give it the postgres:// URL of your server.`
        : undefined,
  },
  {
    about: ['security.jwt_secret', 'security.jwt_algorithm', 'security.jwt_keys_directory'],
    problem: ({ security }, name) => {
      if (security.jwt_algorithm !== 'HS256') return undefined;
      const fix = 'make one with openssl rand -base64 48';
      if (security.jwt_secret === undefined) {
        if (security.jwt_keys_directory !== undefined) return undefined;
        return `${name('security.jwt_secret')} is required in production: ${fix}, and give it here or in the file that ARCANA_SECURITY__JWT_SECRET_FILE names.`;
      }
      const weakness = weaknessOf(security.jwt_secret);
      return weakness && `${name('security.jwt_secret')} ${weakness}, which production refuses: ${fix}.`;
    },
  },
  {
    about: ['security.argon2.memory_kib'],
    problem: ({ security }, name) =>
      security.argon2.memory_kib < LEAST_PRODUCTION_MEMORY_KIB
        ? `${name('security.argon2.memory_kib')} must be at least ${LEAST_PRODUCTION_MEMORY_KIB} in production.`
        : undefined,
  },
  ...mailProductionRules,
];

/** What is wrong with values that are each fine alone, one sentence each. `isBroken`: the setting has its sentence already. */
export function brokenRules(
  config: ArcanaConfig,
  name: NameOf,
  isBroken: (path: string) => boolean,
): string[] {
  const applicable = config.environment === 'production' ? [...rules, ...productionRules] : rules;
  return applicable
    .filter(({ about }) => !about.some(isBroken))
    .map((rule) => rule.problem(config, name))
    .filter((problem) => problem !== undefined);
}

type Pair = (config: ArcanaConfig) => [number, number];

function distinctPorts(one: string, other: string, ports: Pair): Rule {
  return {
    about: [one, other],
    problem: (config, name) => {
      const [first, second] = ports(config);
      const collide = first !== 0 && first === second;
      return collide
        ? `${name(one)} and ${name(other)} are both ${first}: give each listener its own port.`
        : undefined;
    },
  };
}

function atMost(lesser: string, greater: string, values: Pair): Rule {
  return {
    about: [lesser, greater],
    problem: (config, name) => {
      const [low, high] = values(config);
      return low > high ? `${name(lesser)} (${low}) must not exceed ${name(greater)} (${high}).` : undefined;
    },
  };
}
