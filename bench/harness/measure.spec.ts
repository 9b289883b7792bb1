import { measure } from './measure.ts';

const window = { warm_up_seconds: 0, seconds: 1 };
const call = {
  path: '/bench.Echo/Say',
  metadata: {},
  request_base64: '',
  connections: 1,
  parallel: 1,
};

describe('a measurement', () => {
  it('counts what a generator that works itself did, and the time and processor time it took', async () => {
    const specification = { memory_kib: 1024, iterations: 2, lanes: 1, password: 'secret', parallel: 2 };
    const measurement = await measure(
      { name: 'hashing', load: { generator: 'argon2id.ts', specification } },
      window,
    );

    expect(measurement.errors).toBe(0);
    expect(measurement.operations).toBeGreaterThan(0);
    expect(measurement.per_second).toBeCloseTo(measurement.operations / measurement.seconds);
    expect(measurement.server_cpu_seconds).toBe(measurement.generator_cpu_seconds);
  });

  it('fails when nothing listens', async () => {
    // Port 1 belongs to a service nobody runs.
    const specification = { ...call, host: '127.0.0.1', port: 1 };
    await expect(
      measure({ name: 'nobody', load: { generator: 'grpc.ts', specification } }, window),
    ).rejects.toThrow('The load on nobody failed');
  });
});
