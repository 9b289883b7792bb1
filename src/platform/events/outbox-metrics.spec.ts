import { Registry } from 'prom-client';
import { strictMock } from '../../../test/support/strict-mock.js';
import type { OutboxStore } from '../database/index.js';
import { OutboxMetrics } from './outbox-metrics.js';

function setUp(backlog: OutboxStore['backlog']) {
  const registry = new Registry();
  const store = strictMock<OutboxStore>('OutboxStore', { backlog });
  new OutboxMetrics(registry, store);
  return { registry, store };
}

describe('The series of the outbox', () => {
  it('tell how many rows wait and how old the oldest is, from one reading', async () => {
    const { registry, store } = setUp(async () => ({ waiting: 3, oldestSeconds: 4.5 }));
    const text = await registry.metrics();
    expect(text).toMatch(/^arcana_outbox_waiting 3$/m);
    expect(text).toMatch(/^arcana_outbox_oldest_seconds 4.5$/m);
    expect(store.backlog).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('away'))],
    ['does not answer', () => new Promise<never>(() => undefined)],
  ])('are left out when the database %s, though it answered before', async (_what, unable) => {
    const { registry, store } = setUp(async () => ({ waiting: 3, oldestSeconds: 4.5 }));
    await registry.metrics();
    store.backlog.mockImplementation(unable);
    expect(await registry.metrics()).not.toMatch(/^arcana_outbox/m);
  });
});
