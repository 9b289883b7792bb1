/**
 * A worker process for tests that end one: works on the queue at the place given as JSON, and writes a line for every
 * piece of work it starts.
 */
import 'reflect-metadata';
import { openQueueApp, type QueuePlace } from './queue-app.js';
import { TestWorkDone } from './queue-jobs.js';

const perform = TestWorkDone.prototype.perform;
TestWorkDone.prototype.perform = function (data, context) {
  process.stdout.write(`${data.label}\n`);
  return perform.call(this, data, context);
};
const app = await openQueueApp(JSON.parse(process.argv[2]!) as QueuePlace);
app.host.start();
