/** The calls of the demonstration over gRPC, with nothing but the .proto files. */
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Deviation } from './walk.mjs';

const TIMEOUT_MS = 10_000;
const PROTO = fileURLToPath(new URL('../../proto', import.meta.url));

export class GrpcApi {
  name = 'grpc';
  unauthenticated = 'UNAUTHENTICATED';
  #clients = new Map();
  #services;

  /** @param {string} target host:port */
  constructor(target) {
    this.target = target;
    const files = readdirSync(PROTO, { recursive: true }).filter((file) => file.endsWith('.proto'));
    const options = { includeDirs: [PROTO], keepCase: true, enums: String, longs: Number, defaults: true };
    this.#services = grpc.loadPackageDefinition(loader.loadSync(files, options)).arcana;
  }

  async register(request, requestId) {
    return toUser((await this.#call('auth', 'AuthService', 'Register', request, { requestId })).user);
  }

  async login(credentials) {
    return toPair(await this.#call('auth', 'AuthService', 'Login', credentials));
  }

  async me(token) {
    return toUser((await this.#call('auth', 'AuthService', 'GetCurrentUser', {}, { token })).user);
  }

  async refresh(refresh_token) {
    return toPair(await this.#call('auth', 'AuthService', 'RefreshToken', { refresh_token }));
  }

  async listUsers(token, search) {
    const page = await this.#call('user', 'UserService', 'ListUsers', { search }, { token });
    return { ...page, data: page.data.map(toUser) };
  }

  async findJobs(token, filter) {
    return (await this.#call('jobs', 'JobQueueService', 'ListJobs', filter, { token })).data.map(toJob);
  }

  async getJob(token, id) {
    return toJob((await this.#call('jobs', 'JobQueueService', 'GetJob', { id }, { token })).job);
  }

  async logout(token) {
    await this.#call('auth', 'AuthService', 'Logout', {}, { token });
  }

  close() {
    for (const client of this.#clients.values()) client.close();
  }

  /** @throws Deviation with the name of the status as `code` */
  #call(area, service, method, request, { token, requestId } = {}) {
    const metadata = new grpc.Metadata();
    if (token) metadata.set('authorization', `Bearer ${token}`);
    if (requestId) metadata.set('x-request-id', requestId);
    return new Promise((resolve, reject) => {
      const deadline = Date.now() + TIMEOUT_MS;
      this.#client(area, service)[method](request, metadata, { deadline }, (error, answer) => {
        if (!error) return resolve(answer);
        const code = grpc.status[error.code];
        reject(Object.assign(new Deviation(`${service}/${method}: ${code} ${error.details}`), { code }));
      });
    });
  }

  #client(area, service) {
    const Client = this.#services[area].v1[service];
    const known = this.#clients.get(service) ?? new Client(this.target, grpc.credentials.createInsecure());
    this.#clients.set(service, known);
    return known;
  }
}

/** `USER_ROLE_SUPER_ADMIN` -> `super_admin` */
const word = (name, prefix) => name.slice(prefix.length).toLowerCase();

const toUser = (user) => ({
  ...user,
  role: word(user.role, 'USER_ROLE_'),
  status: word(user.status, 'USER_STATUS_'),
  last_login_at: user.last_login_at && new Date(user.last_login_at.seconds * 1000).toISOString(),
});

const toPair = (pair) => ({ ...pair, expires_in: pair.expires_in.seconds });

const toJob = (job) => ({
  ...job,
  state: job.state.slice('JOB_STATE_'.length),
  priority: word(job.priority, 'PRIORITY_'),
  payload: toObject(job.payload),
  result: job.result && toObject(job.result),
});

/** A google.protobuf.Struct whose values are all plain. */
const toObject = ({ fields }) =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Object.values(value)[0]]));
