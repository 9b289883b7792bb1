import { Type } from 'class-transformer';
import { IsDate, IsInt, IsString, Min } from 'class-validator';
import { RequestContext } from '../context/index.js';
import { AppError, defineReason } from '../errors/index.js';
import { Exposer } from './exposer.js';
import { LoopbackLink, standIn } from './link.js';
import { Remote } from './remote.js';
import { listOf, Nothing, nullable, optional } from './wire-type.js';

class Order {
  @IsString()
  name: string;

  @IsInt()
  @Min(1)
  amount: number;

  @Type(() => Date)
  @IsDate()
  due: Date;

  static of(name: string, amount: number, due = new Date('2026-01-02T03:04:05.678Z')): Order {
    return Object.assign(new Order(), { name, amount, due });
  }
}

const SOLD_OUT = defineReason({
  reason: 'TEST_SOLD_OUT',
  under: 'CONFLICT',
  field: 'name',
  message: 'Sold out.',
  grpc: 'ABORTED',
});

class Shop {
  seen: unknown[] = [];

  @Remote({ args: [Order, optional(String)], result: Order })
  async place(order: Order, note?: string): Promise<Order> {
    this.seen.push({ order, note, isOrder: order instanceof Order, context: RequestContext.current() });
    return order;
  }

  @Remote({ args: [String], result: nullable(Order), idempotent: true })
  async find(name: string): Promise<Order | null> {
    return name === 'none' ? null : Order.of(name, 1);
  }

  @Remote({ args: [], result: listOf(Order) })
  async list(): Promise<Order[]> {
    return [Order.of('a', 1), Order.of('b', 2)];
  }

  @Remote({ args: [Boolean], result: Nothing })
  async fail(expected: boolean): Promise<void> {
    throw expected
      ? SOLD_OUT.error({ retryAfterSeconds: 3, cause: new Error('secret') })
      : new Error('secret');
  }

  onModuleInit(): void {
    throw new Error('a stand-in must not run lifecycle hooks');
  }
}

function looped() {
  const faults: unknown[] = [];
  const exposer = new Exposer((fault) => faults.push(fault));
  const real = new Shop();
  exposer.expose(Shop, real);
  return { faults, exposer, real, shop: standIn(Shop, new LoopbackLink(exposer)) };
}

describe('a stand-in over a loopback link', () => {
  it('is an instance of the class and answers as the real one does', async () => {
    const { shop, real } = looped();
    expect(shop).toBeInstanceOf(Shop);
    const order = Order.of('tea', 2);
    await expect(shop.place(order, 'soon')).resolves.toEqual(order);
    expect(real.seen).toEqual([expect.objectContaining({ order, note: 'soon', isOrder: true })]);
  });

  it('gives the callee a copy, never the object itself', async () => {
    const { shop, real } = looped();
    const order = Order.of('tea', 2);
    await shop.place(order);
    expect((real.seen[0] as { order: Order }).order).not.toBe(order);
  });

  it('carries null, lists and nothing', async () => {
    const { shop } = looped();
    await expect(shop.find('none')).resolves.toBeNull();
    await expect(shop.find('tea')).resolves.toBeInstanceOf(Order);
    await expect(shop.list()).resolves.toEqual([Order.of('a', 1), Order.of('b', 2)]);
  });

  it('refuses arguments that the receiving side does not accept, naming each field', async () => {
    const { shop } = looped();
    const error = await shop
      .place(Object.assign(new Order(), { name: 1, amount: 0, due: 'x' }))
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AppError);
    expect((error as AppError).code).toBe('VALIDATION_FAILED');
    expect((error as AppError).fields.map(({ field }) => field).sort()).toEqual(['amount', 'due', 'name']);
  });

  it('rebuilds an error from code and parameters, without its cause', async () => {
    const { shop, faults } = looped();
    const error = (await shop.fail(true).catch((e: unknown) => e)) as AppError;
    expect(SOLD_OUT.matches(error)).toBe(true);
    expect(error).toMatchObject({ code: 'CONFLICT', grpcStatus: 'ABORTED', retryAfterSeconds: 3 });
    expect(error.cause).toBeUndefined();
    expect(faults).toEqual([]);
  });

  it('answers an unforeseen error with INTERNAL_ERROR and keeps the cause on its side', async () => {
    const { shop, faults } = looped();
    const error = (await shop.fail(false).catch((e: unknown) => e)) as AppError;
    expect(error.code).toBe('INTERNAL_ERROR');
    expect(JSON.stringify(error.toWire())).not.toContain('secret');
    expect(faults).toEqual([expect.objectContaining({ message: 'secret' })]);
  });

  it('carries request id, trace, deadline and caller', async () => {
    const { shop, real } = looped();
    const principal = {
      id: '019a0000-0000-7000-8000-000000000000',
      roles: ['admin'],
      via: 'api_key' as const,
      key_id: '019a0000-0000-7000-8000-0000000000ff',
      scopes: ['users:read'],
    };
    const outer = new RequestContext({
      requestId: 'r-1',
      protocol: 'http',
      deadline: Date.now() + 60_000,
      principal,
      ip: '192.0.2.1',
    });
    await RequestContext.run(outer, () => shop.place(Order.of('tea', 1)));
    const { context } = real.seen[0] as { context: RequestContext };
    expect(context).not.toBe(outer);
    expect(context).toMatchObject({ requestId: 'r-1', protocol: 'link', principal, ip: '192.0.2.1' });
    expect(context.trace.traceId).toBe(outer.trace.traceId);
    expect(context.deadline).toBeGreaterThan(Date.now());
    expect(context.deadline).toBeLessThanOrEqual(outer.deadline! + 1_000);
  });

  it('does not begin a call whose deadline has passed', async () => {
    const { shop, real } = looped();
    const late = new RequestContext({ requestId: 'r', protocol: 'http', deadline: Date.now() - 1 });
    await expect(RequestContext.run(late, () => shop.list())).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(real.seen).toEqual([]);
  });

  it('has no lifecycle hooks to run', () => {
    expect((looped().shop as unknown as { onModuleInit: unknown }).onModuleInit).toBeUndefined();
  });
});

describe('an exposer', () => {
  const call = (target: string, method: string, args: unknown = []) =>
    JSON.stringify({ target, method, args, context: { request_id: 'r' } });

  it.each([
    ['an unknown target', call('Nobody', 'place'), 'METHOD_NOT_ALLOWED'],
    ['an unknown method', call('Shop', 'burn'), 'METHOD_NOT_ALLOWED'],
    ['a method that exists but is not marked', call('Shop', 'onModuleInit'), 'METHOD_NOT_ALLOWED'],
    ['a method of every object', call('Shop', 'toString'), 'METHOD_NOT_ALLOWED'],
    ['no JSON', '{', 'MALFORMED_REQUEST'],
    ['an array', '[]', 'MALFORMED_REQUEST'],
    ['arguments that are no list', call('Shop', 'list', 'x'), 'VALIDATION_FAILED'],
    ['arguments that only look like a list', call('Shop', 'list', { length: 0 }), 'VALIDATION_FAILED'],
    ['no context', JSON.stringify({ target: 'Shop', method: 'list', args: [] }), 'VALIDATION_FAILED'],
    [
      'a list in the place of the context',
      JSON.stringify({ target: 'Shop', method: 'list', args: [], context: [] }),
      'VALIDATION_FAILED',
    ],
    [
      'a list in the place of the caller',
      JSON.stringify({
        target: 'Shop',
        method: 'list',
        args: [],
        context: { request_id: 'r', principal: [] },
      }),
      'VALIDATION_FAILED',
    ],
  ])('refuses %s', async (_what, json, code) => {
    const answer = JSON.parse(await looped().exposer.handle(json)) as { error: { code: string } };
    expect(answer.error.code).toBe(code);
  });

  it('ignores a field that only the next release knows', async () => {
    const order = { ...Order.of('tea', 1), colour: 'green' };
    const answer = JSON.parse(await looped().exposer.handle(call('Shop', 'place', [order])));
    expect(answer).toEqual({ result: { name: 'tea', amount: 1, due: '2026-01-02T03:04:05.678Z' } });
  });

  it('refuses two classes of one name', () => {
    const { exposer } = looped();
    expect(() => exposer.expose(Shop, new Shop())).toThrow('Two exposed classes are named Shop');
  });
});
