import { runInNewContext } from 'node:vm';
import { translateDatabaseError } from './database-error.js';

describe('a failure of the database', () => {
  it.each([
    ['a broken socket', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
    [
      'a broken socket, from another context',
      runInNewContext(`Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })`),
    ],
    ['a connection that ended under a query', new Error('Connection terminated unexpectedly')],
    ['a server that shuts down', Object.assign(new Error('terminating'), { code: '57P01' })],
  ])('is SERVICE_UNAVAILABLE: %s', (_, error) => {
    expect(translateDatabaseError(error)).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 2,
    });
  });

  it.each([[new Error('something else')], [undefined], [null], ['text']])(
    'that says nothing of it stays what it is: %p',
    (error) => expect(translateDatabaseError(error)).toBe(error),
  );
});
