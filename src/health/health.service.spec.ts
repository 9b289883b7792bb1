import { firstValueFrom, lastValueFrom, take, toArray } from 'rxjs';
import { HealthRegistry } from '../platform/health/index.js';
import { HealthGrpcController } from './health.grpc.controller.js';
import type { HealthRepository } from './health.repository.js';
import { HealthService } from './health.service.js';

function setUp(overrides: Partial<HealthRepository> = {}) {
  const asked: string[] = [];
  const store: HealthRepository = {
    ping: () => Promise.resolve(),
    hasPendingMigrations: () => {
      asked.push('migrations');
      return Promise.resolve(false);
    },
    ...overrides,
  };
  const registry = new HealthRegistry();
  const service = new HealthService(registry, store);
  service.onModuleInit();
  return { registry, service, asked, grpc: new HealthGrpcController(service) };
}

describe('the health of a process', () => {
  it('is that of its dependencies, with the version', async () => {
    const { service } = setUp();
    const health = await service.check();
    expect(health).toMatchObject({ status: 'healthy', version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    expect(health.components.map(({ name }) => name)).toEqual(['database', 'migrations']);
  });

  it('is unhealthy while migrations are pending', async () => {
    const { service } = setUp({ hasPendingMigrations: () => Promise.resolve(true) });
    await expect(service.check()).resolves.toMatchObject({ status: 'unhealthy' });
  });

  it('is unhealthy without the database', async () => {
    const { service } = setUp({ ping: () => Promise.reject(new Error('gone')) });
    await expect(service.check()).resolves.toMatchObject({ status: 'unhealthy' });
  });

  it('is unhealthy from the moment it drains', async () => {
    const { service, registry } = setUp();
    registry.markStarted();
    expect([service.started, service.draining]).toEqual([true, false]);
    registry.markDraining();
    await expect(service.check()).resolves.toMatchObject({ status: 'unhealthy' });
  });

  it('asks for pending migrations until there are none, and never again', async () => {
    const { service, asked, registry } = setUp();
    await service.check();
    registry.markStarted(); // empties the cache
    await service.check();
    expect(asked).toEqual(['migrations']);
  });
});

describe('watching health over gRPC', () => {
  it('begins with the present state', async () => {
    const { grpc } = setUp();
    await expect(firstValueFrom(grpc.watch())).resolves.toMatchObject({ status: 'healthy' });
  });

  it('tells a change, and ends when the process drains', async () => {
    const { grpc, registry } = setUp();
    const states = lastValueFrom(grpc.watch().pipe(take(5), toArray()));
    await firstValueFrom(grpc.watch());
    registry.markDraining();
    expect((await states).map(({ status }) => status)).toEqual(['healthy', 'unhealthy']);
  });
});
