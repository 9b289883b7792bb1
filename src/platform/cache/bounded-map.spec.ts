import { BoundedMap } from './bounded-map.js';

describe('a bounded map', () => {
  it('forgets what was not used for longest, and says so', () => {
    const forgotten: number[] = [];
    const map = new BoundedMap<number>(2, undefined, (value) => forgotten.push(value));
    map.set('a', 1);
    map.set('b', 2);
    expect(map.get('a')).toBe(1);
    map.set('c', 3);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3]);
    expect([map.size, forgotten]).toEqual([2, [2]]);
  });

  it('holds no more than its weight', () => {
    const map = new BoundedMap<string>(100, 10);
    map.set('a', 'a', 4);
    map.set('b', 'b', 4);
    map.set('c', 'c', 4);
    expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([undefined, 'b', 'c']);
    map.set('b', 'lighter', 1);
    map.set('d', 'd', 5);
    expect(map.size).toBe(3);
  });

  it('does not take what alone is too heavy, and forgets what stood there', () => {
    const map = new BoundedMap<string>(100, 10);
    map.set('a', 'a', 1);
    map.set('a', 'huge', 11);
    expect([map.get('a'), map.size]).toEqual([undefined, 0]);
  });

  it('gives back what was deleted', () => {
    const map = new BoundedMap<string>(1, 10);
    map.set('a', 'a', 10);
    map.delete('a');
    map.delete('a');
    map.set('b', 'b', 10);
    expect(map.get('b')).toBe('b');
  });
});
