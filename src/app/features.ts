import { auditFeature } from '../audit/index.js';
import { authFeature } from '../auth/index.js';
import { healthFeature } from '../health/index.js';
import { jobsFeature } from '../jobs/index.js';
import type { Feature } from '../platform/deployment/index.js';
import { pluginsFeature } from '../plugins/index.js';
import { usersFeature } from '../users/index.js';

/** Every feature, in order of rank: one may use those before it. A new feature is one line here. */
export const FEATURES: readonly Feature[] = [
  auditFeature,
  usersFeature,
  authFeature,
  jobsFeature,
  pluginsFeature,
  healthFeature,
];
