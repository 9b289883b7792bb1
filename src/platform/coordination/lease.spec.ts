import { jest } from '@jest/globals';
import { RenewedLease } from './lease.js';

const TTL_MS = 3_000;

/** A lease on a server that does what the test says. */
function leaseOf(renew: () => Promise<boolean>) {
  const release = jest.fn(async () => undefined);
  const ended = jest.fn();
  const grant = { fence: 7, askedAt: performance.now(), renew: jest.fn(renew), release };
  return { lease: new RenewedLease('test.lease', TTL_MS, grant, ended), renew: grant.renew, release, ended };
}

describe('RenewedLease', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is held for as long as renewals succeed', async () => {
    const { lease, renew } = leaseOf(async () => true);
    await jest.advanceTimersByTimeAsync(10 * TTL_MS);
    expect(lease.isHeld).toBe(true);
    expect(renew.mock.calls.length).toBeGreaterThanOrEqual(29);
    await lease.release();
  });

  it('is lost at once when the server says that it is not ours', async () => {
    const { lease, ended } = leaseOf(async () => false);
    await jest.advanceTimersByTimeAsync(TTL_MS / 3);
    expect(lease.signal.aborted).toBe(true);
    expect(lease.isHeld).toBe(false);
    expect(ended).toHaveBeenCalledTimes(1);
  });

  it('survives renewals that fail, until its time is over', async () => {
    const { lease, release } = leaseOf(async () => {
      throw new Error('no answer');
    });
    await jest.advanceTimersByTimeAsync(TTL_MS - 1);
    expect(lease.signal.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(lease.signal.aborted).toBe(true);
    expect(release).toHaveBeenCalledTimes(1);
  });

  it('is lost when a renewal is never answered', async () => {
    const { lease } = leaseOf(() => new Promise(() => undefined));
    await jest.advanceTimersByTimeAsync(TTL_MS);
    expect(lease.signal.aborted).toBe(true);
  });

  it('runs from before it was asked for, not from the answer', async () => {
    const { lease } = leaseOf(() => new Promise((resolve) => setTimeout(() => resolve(true), TTL_MS / 2)));
    // Asked at one third, answered at five sixths: good until four thirds.
    await jest.advanceTimersByTimeAsync((TTL_MS * 4) / 3 - 1);
    expect(lease.isHeld).toBe(true);
    await jest.advanceTimersByTimeAsync(1);
    expect(lease.signal.aborted).toBe(true);
  });

  it('is not held after a freeze, before any timer has fired', () => {
    const { lease } = leaseOf(async () => true);
    const frozen = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + TTL_MS);
    expect(lease.isHeld).toBe(false);
    frozen.mockRestore();
    return lease.release();
  });

  it('does not abort its signal when it is released, and renews no more', async () => {
    const { lease, renew, release } = leaseOf(async () => true);
    await lease.release();
    await lease.release();
    await jest.advanceTimersByTimeAsync(2 * TTL_MS);
    expect(lease.signal.aborted).toBe(false);
    expect(lease.isHeld).toBe(false);
    expect(renew).not.toHaveBeenCalled();
    expect(release).toHaveBeenCalledTimes(1);
  });
});
