import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { jest } from '@jest/globals';
import { OpenRequest, OpenRequests } from './open-requests.js';

const socket = () => new EventEmitter() as Socket;

class NamedRequest extends OpenRequest {
  constructor(
    private readonly name: string,
    private readonly told: string[],
  ) {
    super();
  }

  expire(): void {
    this.told.push(`${this.name} expired`);
  }

  leave(): void {
    this.told.push(`${this.name} left`);
  }
}

describe('the requests that are being answered', () => {
  let told: string[];
  let requests: OpenRequests;

  beforeEach(() => {
    jest.useFakeTimers();
    told = [];
    requests = new OpenRequests(1_000);
  });

  afterEach(() => jest.useRealTimers());

  it('are told that their client left, those of its connection alone', () => {
    const [mine, other] = [socket(), socket()];
    requests.add(new NamedRequest('a', told), mine);
    requests.add(new NamedRequest('b', told), mine);
    requests.add(new NamedRequest('c', told), other);
    mine.emit('close');
    expect(told.toSorted()).toEqual(['a left', 'b left']);
    jest.advanceTimersByTime(1_000);
    expect(told).toHaveLength(3);
    expect(told.at(-1)).toBe('c expired');
  });

  it('hear nothing once they are answered', () => {
    const connection = socket();
    const request = new NamedRequest('a', told);
    requests.add(request, connection);
    requests.delete(request, connection);
    connection.emit('close');
    jest.advanceTimersByTime(10_000);
    expect(told).toEqual([]);
  });

  it('of one connection may be answered in any order', () => {
    const connection = socket();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => new NamedRequest(name, told)) as [
      NamedRequest,
      NamedRequest,
      NamedRequest,
      NamedRequest,
    ];
    for (const request of [a, b, c, d]) requests.add(request, connection);
    for (const request of [b, d, a]) requests.delete(request, connection);
    connection.emit('close');
    expect(told).toEqual(['c left']);
  });

  it('share one listener per connection', () => {
    const connection = socket();
    for (let i = 0; i < 100; i++) {
      const request = new NamedRequest(String(i), told);
      requests.add(request, connection);
      requests.delete(request, connection);
    }
    expect(connection.listenerCount('close')).toBe(1);
  });
});
