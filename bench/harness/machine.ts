import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type as systemName } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/project-root.ts';

const GIBIBYTE = 2 ** 30;

/** Where figures were taken. Neither names of hosts nor paths: results are published. */
export interface Machine {
  cpu: string;
  cores: number;
  memory_gib: number;
  system: string;
  kernel: string;
  node: string;
}

export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memory_gib: Math.round(totalmem() / GIBIBYTE),
    system: systemName(),
    kernel: release(),
    node: process.versions.node,
  };
}

/** What was measured. */
export interface Revision {
  /** Short commit id, or `uncommitted`. */
  commit: string;
  /** Whether sources differed from that commit. */
  modified: boolean;
}

/** Files a run writes itself; they are not sources. */
const WRITTEN_BY_THE_BENCH = [':!bench/results', ':!docs/benchmarks.md'];

export function describeRevision(): Revision {
  try {
    return {
      commit: git('rev-parse', '--short', 'HEAD'),
      modified: git('status', '--porcelain', '--', '.', ...WRITTEN_BY_THE_BENCH) !== '',
    };
  } catch {
    return { commit: 'uncommitted', modified: true };
  }
}

function git(...commandArguments: string[]): string {
  return execFileSync('git', commandArguments, {
    cwd: projectRoot(),
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim();
}

const LIBRARIES = [
  'fastify',
  '@nestjs/core',
  '@nestjs/platform-fastify',
  '@nestjs/microservices',
  '@grpc/grpc-js',
  'argon2',
  'autocannon',
];

/** Versions of the libraries that take part. */
export function libraryVersions(): Record<string, string> {
  return Object.fromEntries(LIBRARIES.map((name) => [name, installedVersion(name)]));
}

function installedVersion(name: string): string {
  const manifest = join(projectRoot(), 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
