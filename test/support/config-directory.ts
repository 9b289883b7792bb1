import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationError, loadConfig } from '../../src/platform/config/index.js';

/** A throw-away directory with these files in it, as `loadConfig` reads them: names relative, `config/default.toml` and so on. */
export class ConfigDirectory implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'arcana-config-'));

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const [name, content] of Object.entries(files)) this.write(name, content);
  }

  /** @returns the absolute name */
  write(name: string, content: string | Uint8Array): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

interface Given {
  env?: Record<string, string>;
  argv?: string[];
}

/** What `loadConfig` says about a directory, an environment and a command line; nothing when they are fine. */
export function problemsIn(directory: string, { env = {}, argv = [] }: Given = {}): readonly string[] {
  try {
    loadConfig({ env, argv, directory, terminal: false });
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

/** The same for a directory that exists for this call only. */
export function problems(given: Given & { files?: Record<string, string | Uint8Array> }): readonly string[] {
  using directory = new ConfigDirectory(given.files);
  return problemsIn(directory.path, given);
}
