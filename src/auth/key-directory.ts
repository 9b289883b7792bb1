import { join } from 'node:path';
import { weaknessOf, type JwtAlgorithm } from '../platform/config/index.js';
import { readKeyFiles, type KeyFile } from './key-files.js';
import { signingKeyOf, UnusableKeyError, type SigningKey } from './signing-key.js';

/** What a reading found; problems and warnings are whole sentences without any secret. */
export interface KeyReading {
  readonly keys: SigningKey[];
  readonly problems: string[];
  readonly warnings: string[];
}

interface HeldKey {
  readonly text: string;
  readonly key: SigningKey;
}

/** A directory of keys, read again and again. A file that cannot be used stands for the key it held before. */
export class KeyDirectory {
  #known = new Map<string, HeldKey>();

  constructor(
    readonly path: string,
    private readonly algorithm: JwtAlgorithm,
    private readonly isProduction: boolean,
  ) {}

  /** Never rejects: what is wrong stands in the answer. A directory that is gone gives the keys it had. */
  async read(): Promise<KeyReading> {
    let files: KeyFile[];
    try {
      files = await readKeyFiles(this.path, this.algorithm);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const problem = `${this.path} ${code ? `cannot be read as a directory of keys (${code})` : message}.`;
      return { keys: this.#keys(), problems: [problem], warnings: [] };
    }
    const problems: string[] = [];
    const warnings: string[] = [];
    const found = new Map<string, HeldKey>();
    for (const file of files) {
      const path = join(this.path, file.name);
      try {
        const entry = this.#entryOf(file);
        found.set(file.name, entry);
        if (file.isOpen && entry.key.signWith)
          warnings.push(
            `${path} holds a private key that every user of this machine may read: chmod 600 it.`,
          );
      } catch (error) {
        // What the crypto library says of a file may quote it; and a reading that failed would end the process.
        problems.push(
          `${path} ${error instanceof UnusableKeyError ? error.message : 'holds no usable key'}.`,
        );
        const before = this.#known.get(file.name);
        if (before) found.set(file.name, before);
      }
    }
    this.#known = found;
    return { keys: this.#keys(), problems, warnings };
  }

  #keys(): SigningKey[] {
    return [...this.#known.values()].map(({ key }) => key);
  }

  #entryOf({ name, text, problem }: KeyFile): HeldKey {
    if (text === undefined) throw new UnusableKeyError(problem);
    const before = this.#known.get(name);
    if (before?.text === text) return before;
    const key = signingKeyOf(this.algorithm, name, text);
    const weakness = this.algorithm === 'HS256' && this.isProduction ? weaknessOf(text) : undefined;
    if (weakness) throw new UnusableKeyError(`${weakness}, which production refuses`);
    return { text, key };
  }
}
