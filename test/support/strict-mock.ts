import { jest } from '@jest/globals';

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- functions of any shape
type AnyFunction = (...args: any[]) => any;

/** A stand-in of `T` whose planned methods are Jest mocks. */
export type StrictMock<T> = T & {
  [K in keyof T as T[K] extends AnyFunction ? K : never]: T[K] extends AnyFunction
    ? jest.MockedFunction<T[K]>
    : never;
};

/**
 * A stand-in that answers only what was planned: calling, or merely reading, any other method fails the test. Plan a
 * method by giving it here; plan more by `mock.method.mockResolvedValueOnce(...)`.
 */
export function strictMock<T extends object>(
  name: string,
  planned: Partial<{ [K in keyof T]: T[K] }> = {},
): StrictMock<T> {
  const members: Record<string, unknown> = {};
  for (const [method, answer] of Object.entries(planned)) {
    members[method] = typeof answer === 'function' ? jest.fn(answer as AnyFunction) : answer;
  }
  return new Proxy(members, {
    get(target, property) {
      if (typeof property === 'symbol' || property === 'then' || property === 'toJSON') return undefined;
      if (property in target) return target[property];
      throw new Error(`Unplanned: ${name}.${property}`);
    },
  }) as StrictMock<T>;
}
