import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../src/platform/config/project-root.js';

const BUF = join(projectRoot(), 'node_modules', '.bin', 'buf');
const AUTH = join('proto', 'arcana', 'auth', 'v1', 'auth.proto');

/** What `buf breaking` says to a copy of the protos in which one file was changed. */
async function verdictOn(change: (text: string) => string): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'arcana-protos-'));
  try {
    await cp(join(projectRoot(), 'buf.yaml'), join(root, 'buf.yaml'));
    await cp(join(projectRoot(), 'proto'), join(root, 'proto'), { recursive: true });
    await writeFile(join(root, AUTH), change(await readFile(join(root, AUTH), 'utf8')));
    await promisify(execFile)(BUF, ['breaking', '--against', 'proto/baseline.json'], { cwd: root });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout;
  } finally {
    await rm(root, { recursive: true });
  }
}

describe('what clients were promised', () => {
  it('is kept by the protos as they are, and by additions', async () => {
    expect(await verdictOn((text) => text)).toBe('');
    expect(await verdictOn((text) => `${text}\nmessage Another {\n  string text = 1;\n}\n`)).toBe('');
  });

  it('is broken by an rpc that is gone and by a field of another number', async () => {
    expect(await verdictOn((text) => text.replace(/^ *rpc ValidateToken.*$/m, ''))).toContain(
      '"ValidateToken"',
    );
    expect(await verdictOn((text) => text.replace('access_token = 1', 'access_token = 99'))).toContain(
      '"access_token"',
    );
  });
});
