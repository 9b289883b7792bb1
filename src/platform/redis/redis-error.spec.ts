import { AppError } from '../errors/index.js';
import { translateRedisError } from './redis-error.js';

describe('translateRedisError', () => {
  it.each([
    "Stream isn't writeable and enableOfflineQueue options is false",
    'Command timed out',
    'Connection is closed.',
    'Reached the max retries per request limit (which is 0). Refer to "maxRetriesPerRequest" option for details.',
    'connect ECONNREFUSED 127.0.0.1:6379',
    'LOADING Redis is loading the dataset in memory',
    "READONLY You can't write against a read only replica.",
    "OOM command not allowed when used memory > 'maxmemory'.",
  ])('says SERVICE_UNAVAILABLE for: %s', (message) => {
    const cause = new Error(message);
    expect(translateRedisError(cause)).toMatchObject({ code: 'SERVICE_UNAVAILABLE', cause });
  });

  it('leaves errors of ours and faults of the program as they are', () => {
    const ours = new AppError('CONFLICT');
    const fault = new Error('WRONGTYPE Operation against a key holding the wrong kind of value');
    expect(translateRedisError(ours)).toBe(ours);
    expect(translateRedisError(fault)).toBe(fault);
  });
});
