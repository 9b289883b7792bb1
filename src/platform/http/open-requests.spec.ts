import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { jest } from '@jest/globals';
import { OpenRequests } from './open-requests.js';

const socket = () => new EventEmitter() as Socket;

function requestNamed(name: string, told: string[]) {
  return { expire: () => void told.push(`${name} expired`), leave: () => void told.push(`${name} left`) };
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

  it('are told each at its own time that it is up, and only once', () => {
    const connection = socket();
    requests.add(requestNamed('first', told), connection);
    jest.advanceTimersByTime(400);
    requests.add(requestNamed('second', told), connection);
    jest.advanceTimersByTime(599);
    expect(told).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(told).toEqual(['first expired']);
    jest.advanceTimersByTime(400);
    expect(told).toEqual(['first expired', 'second expired']);
    jest.advanceTimersByTime(10_000);
    expect(told).toHaveLength(2);
  });

  it('are told that their client left, those of its connection alone', () => {
    const [mine, other] = [socket(), socket()];
    requests.add(requestNamed('a', told), mine);
    requests.add(requestNamed('b', told), mine);
    requests.add(requestNamed('c', told), other);
    mine.emit('close');
    expect(told).toEqual(['a left', 'b left']);
    jest.advanceTimersByTime(1_000);
    expect(told).toEqual(['a left', 'b left', 'c expired']);
  });

  it('hear nothing once they are answered', () => {
    const connection = socket();
    const request = requestNamed('a', told);
    requests.add(request, connection);
    requests.delete(request, connection);
    connection.emit('close');
    jest.advanceTimersByTime(10_000);
    expect(told).toEqual([]);
  });

  it('share one listener per connection, and leave no timer behind', () => {
    const connection = socket();
    for (let i = 0; i < 100; i++) {
      const request = requestNamed(String(i), told);
      requests.add(request, connection);
      requests.delete(request, connection);
    }
    expect(connection.listenerCount('close')).toBe(1);
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1_000);
    expect(jest.getTimerCount()).toBe(0);
  });
});
