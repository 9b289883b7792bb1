import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/config/index.js';
import { protoDirectory } from '../../src/platform/grpc/index.js';

const SCRIPT = join(projectRoot(), 'test', 'support', 'python', 'peer.py');

export interface PeerAnswer {
  response?: Record<string, unknown>;
  error?: { code: string; message: string; details: ({ '@type': string } & Record<string, unknown>)[] };
  headers: Record<string, string>;
  trailers: Record<string, string>;
}

export interface PeerReflection {
  services: string[];
  files: string[];
  methods: string[];
}

/** A Python that can import grpc and google.protobuf; undefined when the machine has none. */
const python: string | undefined = ['python3', '/usr/bin/python3'].find(
  (candidate) => spawnSync(candidate, ['-c', 'import grpc, google.protobuf']).status === 0,
);

/** Why tests with the Python peer cannot run here; undefined when they can. */
export const pythonPeerMissing: string | undefined =
  python === undefined ? 'no Python with the packages grpcio and protobuf is installed' : undefined;

/** Calls a server from Python's gRPC, with types from a descriptor set that buf built out of .proto files. */
export class PythonPeer {
  private readonly directory = mkdtempSync(join(tmpdir(), 'arcana-peer-'));
  private readonly descriptorSet = join(this.directory, 'descriptors.binpb');

  /** @param protos where the .proto files lie; those of the product by default */
  constructor(
    private readonly address: string,
    protos: string = protoDirectory(),
  ) {
    const buf = join(projectRoot(), 'node_modules', '.bin', 'buf');
    execFileSync(buf, ['build', protos, '-o', this.descriptorSet], { cwd: this.directory });
  }

  /** @param path `arcana.auth.v1.AuthService/Login` @param request proto JSON */
  async unary(path: string, request: object, metadata: Record<string, string> = {}): Promise<PeerAnswer> {
    return (await this.run([this.descriptorSet, path], JSON.stringify(request), metadata)) as PeerAnswer;
  }

  /** What reflection tells about a service, by version of reflection. */
  async reflect(service: string): Promise<Record<'v1' | 'v1alpha', PeerReflection>> {
    return (await this.run(['--reflect', service], '', {})) as Record<'v1' | 'v1alpha', PeerReflection>;
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  private run(args: string[], input: string, metadata: Record<string, string>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const env = { ...process.env, PEER_METADATA: JSON.stringify(metadata) };
      const child = execFile(python!, [SCRIPT, this.address, ...args], { env }, (error, stdout, stderr) =>
        error === null ? resolve(JSON.parse(stdout)) : reject(new Error(`The Python peer failed: ${stderr}`)),
      );
      child.stdin!.end(input);
    });
  }
}
