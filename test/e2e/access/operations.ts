import { NOBODY, rest, rpc, struct, type Routes, type Rpcs } from './expected.js';

const { admins, everyone, operators, signedIn } = rest;
const PRUNE = { type: 'queue.prune_records', payload: { older_than_days: 3650 }, unique_key: 'access' };

/** The audit log, health, jobs and plugins. */
export const OPERATION_ROUTES: Routes = [
  ['GET /api/v1/audit-logs', undefined, admins(200)],
  ['GET /api/jobs/jobs', undefined, operators(200)],
  ['GET /api/v1/jobs/jobs', undefined, operators(200)],
  ['GET /api/jobs/jobs/{nobody}', undefined, operators(404)],
  ['GET /api/v1/jobs/jobs/{nobody}', undefined, operators(404)],
  ['POST /api/jobs/jobs', { ...PRUNE, priority: 'none' }, signedIn(422)],
  ['POST /api/v1/jobs/jobs', { ...PRUNE, payload: { older_than_days: 0 } }, admins(422)],
  ['GET /api/v1/plugins', undefined, operators(200)],
  ['GET /api/v1/plugins/{nobody}', undefined, operators(404)],
  ['GET /health', undefined, everyone(200)],
  ['GET /health/live', undefined, everyone(200)],
  ['GET /health/ready', undefined, everyone(200)],
  ['GET /health/startup', undefined, everyone(200)],
];

export const OPERATION_RPCS: Rpcs = [
  ['arcana.audit.v1.AuditService/ListAuditLogs', {}, rpc.admins('OK')],
  [
    'arcana.jobs.v1.JobQueueService/Enqueue',
    { ...PRUNE, payload: struct({ older_than_days: 0 }) },
    rpc.admins('INVALID_ARGUMENT'),
  ],
  ['arcana.jobs.v1.JobQueueService/GetJob', { id: NOBODY }, rpc.operators('NOT_FOUND')],
  ['arcana.jobs.v1.JobQueueService/ListJobs', {}, rpc.operators('OK')],
  ['arcana.plugins.v1.PluginService/ListPlugins', {}, rpc.operators('OK')],
  ['arcana.plugins.v1.PluginService/GetPlugin', { id: 'nothing' }, rpc.operators('NOT_FOUND')],
  ['arcana.health.v1.HealthService/Check', {}, rpc.everyone('OK')],
  ['arcana.health.v1.HealthService/Watch', {}, rpc.everyone('OK')],
];
