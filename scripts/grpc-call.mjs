/**
 * Calls one unary rpc and prints its answer as JSON.
 *
 *   node scripts/grpc-call.mjs localhost:9090 arcana.auth.v1.AuthService/Login '{"email":"...","password":"..."}' [token]
 *
 * Ends with 1, and the status on standard error, when the call fails.
 */
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [target, path = '', message = '{}', token] = process.argv.slice(2);
const [serviceName, method] = path.split('/');
if (!target || !serviceName || !method) {
  console.error('Usage: node scripts/grpc-call.mjs <host:port> <package.Service>/<Method> [json] [token]');
  process.exit(2);
}

const proto = fileURLToPath(new URL('../proto', import.meta.url));
const files = readdirSync(proto, { recursive: true }).filter((file) => file.endsWith('.proto'));
const definition = loader.loadSync(files, {
  includeDirs: [proto],
  keepCase: true,
  enums: String,
  longs: Number,
  defaults: true,
});
const Service = serviceName
  .split('.')
  .reduce((at, part) => at?.[part], grpc.loadPackageDefinition(definition));
if (typeof Service?.prototype?.[method] !== 'function') {
  console.error(`There is no rpc ${path} under proto/.`);
  process.exit(2);
}

const client = new Service(target, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
if (token) metadata.set('authorization', `Bearer ${token}`);
client[method](JSON.parse(message), metadata, { deadline: Date.now() + 10_000 }, (error, answer) => {
  if (error) {
    console.error(`${grpc.status[error.code]}: ${error.details}`);
    process.exitCode = 1;
  } else {
    console.log(JSON.stringify(answer, null, 2));
  }
  client.close();
});
