/** Health: probes over REST and gRPC. Reads platform's health registry; nobody imports it but the composition root. */
export { healthFeature } from './health.feature.js';
