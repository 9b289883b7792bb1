import { jest } from '@jest/globals';
import { Deadlines, Expiring } from './deadlines.js';

const told: string[] = [];

class Named extends Expiring {
  constructor(private readonly name: string) {
    super();
  }

  expire(): void {
    told.push(this.name);
  }
}

describe('deadlines', () => {
  let deadlines: Deadlines;

  beforeEach(() => {
    jest.useFakeTimers();
    told.length = 0;
    deadlines = new Deadlines(1_000);
  });

  afterEach(() => jest.useRealTimers());

  it('come each at its own time, and only once', () => {
    deadlines.add(new Named('first'));
    jest.advanceTimersByTime(400);
    deadlines.add(new Named('second'));
    jest.advanceTimersByTime(599);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(['first']);
    jest.advanceTimersByTime(400);
    expect(told).toEqual(['first', 'second']);
    jest.advanceTimersByTime(10_000);
    expect(told).toHaveLength(2);
  });

  it('may be called off in any order, and set again', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => new Named(name)) as [Named, Named, Named, Named];
    for (const item of [a, b, c, d]) deadlines.add(item);
    for (const item of [b, d, a, a]) deadlines.delete(item);
    deadlines.add(d);
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual(['c', 'd']);
  });

  it('share one timer, and leave none behind', () => {
    for (let count = 0; count < 100; count++) {
      const item = new Named('answered');
      deadlines.add(item);
      deadlines.delete(item);
    }
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1_000);
    expect(jest.getTimerCount()).toBe(0);
    expect(told).toEqual([]);
  });
});
