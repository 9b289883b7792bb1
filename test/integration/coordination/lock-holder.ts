/**
 * A process that takes a lock and tells on standard output, one JSON object a line, what becomes of it. A line on standard
 * input makes it release the lock and exit. Arguments: technology, URL, name, time to live in milliseconds.
 */
import 'reflect-metadata';
import { once } from 'node:events';
import { Logger } from '@nestjs/common';
import { onPostgres, onRedis } from './technologies.js';

const [technology, url, name, ttlMs] = process.argv.slice(2) as [string, string, string, string];
const tell = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

// Standard output is for the answers.
Logger.overrideLogger(false);
const { coordination, close } = await (technology === 'postgres' ? onPostgres : onRedis).open(url);
const lease = await coordination.lock.tryAcquire(name, { ttlMs: Number(ttlMs) });
if (!lease) throw new Error('The lock is taken.');
lease.signal.addEventListener('abort', () => tell({ event: 'lost', fence: lease.fence }));
tell({ event: 'acquired', fence: lease.fence });
await once(process.stdin, 'data');
await lease.release();
tell({ event: 'released', fence: lease.fence });
await close();
process.stdin.destroy();
