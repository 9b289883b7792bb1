/** Jobs: the searchable record of background work, and asking for it from outside. Running it is the queue's business. */
export { jobsFeature } from './jobs.feature.js';
