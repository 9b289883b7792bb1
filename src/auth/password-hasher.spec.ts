import { describe, expect, test } from '@jest/globals';
import argon2 from 'argon2';
import { ArcanaConfig, Argon2Settings } from '../platform/config/index.js';
import { PasswordHasher } from './password-hasher.js';

/** Cheap on purpose: what Argon2 costs is not what is asked here. */
function hasher(settings: Partial<Argon2Settings> = {}): PasswordHasher {
  const config = new ArcanaConfig();
  Object.assign(config.security.argon2, { memory_kib: 1024, time_cost: 2, parallelism: 1 }, settings);
  return new PasswordHasher(config);
}

describe('a hash', () => {
  test('is Argon2id, carries the configured parameters, and verifies', async () => {
    const hash = await hasher().hash('Correct-Horse-9');
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=1024,p=1,t=2\$/);
    expect(await hasher().verify(hash, 'Correct-Horse-9')).toBe(true);
    expect(await hasher().verify(hash, 'correct-horse-9')).toBe(false);
  });

  test('of the same password is another one each time', async () => {
    expect(await hasher().hash('Correct-Horse-9')).not.toBe(await hasher().hash('Correct-Horse-9'));
  });

  test('of the default parameters is what the contract says', () => {
    expect({ ...new Argon2Settings() }).toMatchObject({ memory_kib: 65_536, time_cost: 3, parallelism: 4 });
  });

  test('is the same password in another form of the same characters', async () => {
    const hash = await hasher().hash('Ame\u0301lie-Tree-9');
    expect(await hasher().verify(hash, 'Am\u00e9lie-Tree-9')).toBe(true);
  });

  test("of parameters that are not today's is outdated", async () => {
    const hash = await hasher({ memory_kib: 2048 }).hash('Correct-Horse-9');
    expect(hasher().isOutdated(hash)).toBe(true);
    expect(hasher({ memory_kib: 2048 }).isOutdated(hash)).toBe(false);
    expect(hasher({ memory_kib: 2048, parallelism: 2 }).isOutdated(hash)).toBe(true);
  });
});

test('no account costs what an account costs: the same work, and the answer is no', async () => {
  const underTest = hasher();
  const seen: string[] = [];
  const { verify } = argon2;
  argon2.verify = (digest, ...rest) => (seen.push(digest), verify(digest, ...rest));
  try {
    expect(await underTest.verify(null, 'Correct-Horse-9')).toBe(false);
    expect(seen).toEqual([expect.stringMatching(/^\$argon2id\$v=19\$m=1024,t=2,p=1\$[^$]{22}\$[^$]{43}$/)]);
  } finally {
    argon2.verify = verify;
  }
});

test('a flood waits in a bounded queue; the rest is refused at once', async () => {
  const underTest = hasher({ max_concurrent: 1 });
  const results = await Promise.allSettled(Array.from({ length: 40 }, () => underTest.verify(null, 'x')));
  const refused = results.filter((result) => result.status === 'rejected');
  expect(refused).toHaveLength(40 - 17);
  expect(refused[0]!.reason).toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
});
