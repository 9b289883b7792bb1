import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notePem } from './used-secrets.js';

export type PairAlgorithm = 'ES256' | 'RS256';

export interface KeyPair {
  readonly algorithm: PairAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The private key, PKCS #8. */
  readonly pem: string;
}

/** A pair as an operator would make it with openssl. */
export function newKeyPair(algorithm: PairAlgorithm): KeyPair {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 3072 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  notePem(pem, 'a private key');
  return { algorithm, privateKey, publicKey, pem };
}

/** `20261121T181500Z`: how the name of a file begins whose key signs from `date` on. */
export const keyTime = (date: Date): string => date.toISOString().replace(/[-:]|\.\d+/g, '');

/** A directory of keys the way Kubernetes mounts a Secret: each change swaps one link under all files at once. */
export class KeyMount {
  #version = 0;
  #names: string[] = [];

  private constructor(readonly path: string) {}

  static async create(files: Record<string, string>): Promise<KeyMount> {
    const mount = new KeyMount(await mkdtemp(join(tmpdir(), 'arcana-keys-')));
    await mount.swap(files);
    return mount;
  }

  /** Replaces all files: the new ones appear at once, links to old ones lead nowhere and are removed. */
  async swap(files: Record<string, string>): Promise<void> {
    const version = `..v${++this.#version}`;
    await mkdir(join(this.path, version));
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(this.path, version, name), text);
      await chmod(join(this.path, version, name), 0o440);
    }
    await symlink(version, join(this.path, '..data_tmp'));
    await rename(join(this.path, '..data_tmp'), join(this.path, '..data'));
    for (const name of Object.keys(files))
      if (!this.#names.includes(name)) await symlink(join('..data', name), join(this.path, name));
    for (const name of this.#names) if (!(name in files)) await rm(join(this.path, name));
    this.#names = Object.keys(files);
    await rm(join(this.path, `..v${this.#version - 1}`), { recursive: true, force: true });
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
