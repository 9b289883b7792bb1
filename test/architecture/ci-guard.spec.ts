import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/index.js';

const GUARD = join(projectRoot(), '.ci', 'guard.pl');
const LISTEN = (host: string) =>
  `require('node:net').createServer().listen(0, '${host}', () => setTimeout(() => process.exit(), 2000));`;

/** Runs `program` (shell) under the guard of .ci/run. */
function guarded(
  program: string,
  seconds = 60,
  env: NodeJS.ProcessEnv = {},
): { code: number | null; complaints: string } {
  const { status, stderr } = spawnSync('perl', [GUARD, String(seconds), 'sh', '-c', program], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { code: status, complaints: stderr };
}

const node = (script: string): string => `'${process.execPath}' -e "${script}"`;

// It answers for processes as Linux counts them, where CI runs.
(process.platform === 'linux' ? describe : describe.skip)(
  'the guard of .ci/run (skipped elsewhere: reads /proc of Linux)',
  () => {
    it('hands on the exit code of a run that cleans up behind itself', () => {
      expect(guarded('exit 0')).toEqual({ code: 0, complaints: '' });
      expect(guarded('exit 7')).toEqual({ code: 7, complaints: '' });
    });

    it('fails a run that leaves a process behind, however that detached itself, and ends the process', () => {
      const { code, complaints } = guarded('setsid sleep 987 > /dev/null 2>&1 & exit 0');
      expect(code).toBe(1);
      const pid = Number(/left behind: (\d+) sleep 987/.exec(complaints)?.[1]);
      expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    });

    it('fails a run in which a port is open to other machines', () => {
      // To the guard in this test, IPv4 alone is loopback: a port that is really open would break our own rule.
      const { code, complaints } = guarded(node(LISTEN('::1')), 60, { GUARD_LOOPBACK: '^.{6}7F$' });
      expect(code).toBe(1);
      expect(complaints).toMatch(/port \d+ can be reached from other machines/);
    });

    it.each(['127.0.0.1', '127.0.0.2', '::1'])('lets a run listen on %s', (host) => {
      expect(guarded(node(LISTEN(host)))).toEqual({ code: 0, complaints: '' });
    });

    it('ends a run whose time is up', () => {
      const { code, complaints } = guarded('sleep 600', 1);
      expect(code).toBe(124);
      expect(complaints).toContain('not done after 1 seconds');
    });
  },
);
