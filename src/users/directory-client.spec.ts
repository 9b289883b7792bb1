import { createHmac } from 'node:crypto';
import { strictMock } from '../../test/support/strict-mock.js';
import { ArcanaConfig } from '../platform/config/index.js';
import { AppError } from '../platform/errors/index.js';
import { OutboundError, type OutboundAnswer, type OutboundClient } from '../platform/outbound/index.js';
import { DirectoryClient } from './directory-client.js';
import { User } from './dto/user.dto.js';

const SECRET = 'a secret of at least thirty-two bytes';
const user = Object.assign(new User(), {
  id: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87',
  name: 'Ada',
  status: 'active',
  sync_status: 'PENDING',
  version: 3,
});

function directory(answer: Partial<OutboundAnswer> | Error, secret?: string) {
  const config = new ArcanaConfig();
  Object.assign(config.sync, { url: 'https://directory.example/arcana', secret });
  const outbound = strictMock<OutboundClient>('OutboundClient', {
    post: async () => {
      if (answer instanceof Error) throw answer;
      return { status: 200, headers: {}, text: '', ...answer };
    },
  });
  return { outbound, client: new DirectoryClient(outbound, config) };
}

describe('a change of an account', () => {
  it('is posted as a Standard Webhook, signed, with an id that names account and version', async () => {
    const { outbound, client } = directory({}, SECRET);
    expect(await client.post(user)).toEqual({ outcome: 'taken' });
    const [{ dependency, url, headers, body }] = outbound.post.mock.calls[0]!;
    expect([dependency, url]).toEqual(['sync', 'https://directory.example/arcana']);
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers!;
    expect(id).toBe(`${user.id}.3`);
    const expected = createHmac('sha256', SECRET).update(`${id}.${timestamp}.${body}`).digest('base64');
    expect(signature).toBe(`v1,${expected}`);
    const { sync_status: _own, ...content } = user;
    expect(JSON.parse(body)).toEqual({
      type: 'user.upserted',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: content,
    });
    expect(Math.floor(Date.parse(JSON.parse(body).timestamp) / 1_000)).toBe(Number(timestamp));
  });

  it('is not signed where there is no secret, and tells of a deletion', async () => {
    const { outbound, client } = directory({});
    await client.post(Object.assign(new User(), user, { status: 'deleted' }));
    const [{ headers, body }] = outbound.post.mock.calls[0]!;
    expect(Object.keys(headers!)).toEqual(['webhook-id', 'webhook-timestamp']);
    expect(JSON.parse(body).type).toBe('user.deleted');
  });

  it.each([
    [200, {}, { outcome: 'taken' }],
    [204, {}, { outcome: 'taken' }],
    [400, {}, { outcome: 'refused', why: 'The directory answered 400.' }],
    [404, {}, { outcome: 'refused', why: 'The directory answered 404.' }],
    [307, {}, { outcome: 'failed', why: 'The directory answered 307.' }],
    [408, {}, { outcome: 'failed', why: 'The directory answered 408.' }],
    [500, {}, { outcome: 'failed', why: 'The directory answered 500.' }],
    [
      429,
      { 'retry-after': '90' },
      { outcome: 'failed', why: 'The directory answered 429.', retryAfterSecs: 90 },
    ],
    [
      503,
      { 'retry-after': '9999999' },
      { outcome: 'failed', why: 'The directory answered 503.', retryAfterSecs: 86_400 },
    ],
    [503, { 'retry-after': 'tomorrow' }, { outcome: 'failed', why: 'The directory answered 503.' }],
  ])('answered with %d is judged', async (status, headers, judged) => {
    expect(await directory({ status, headers }).client.post(user)).toEqual(judged);
  });

  it('that could not be sent is worth another attempt', async () => {
    const { client } = directory(new OutboundError('timeout', 'directory.example did not answer in time.'));
    expect(await client.post(user)).toEqual({
      outcome: 'failed',
      why: 'directory.example did not answer in time.',
    });
  });

  it('that was not sent at all, because the directory is left alone, says so', async () => {
    const { client } = directory(new AppError('SERVICE_UNAVAILABLE'));
    await expect(client.post(user)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
  });
});
