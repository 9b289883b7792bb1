import { runClosedLoop } from './closed-loop.ts';
import { readSpecification, type Window } from './generator.ts';
import { UnaryConnection } from './unary-connection.ts';

/** One unary call, made over and over. */
export interface GrpcLoad extends Window {
  host: string;
  port: number;
  /** e.g. `/arcana.auth.v1.AuthService/ValidateToken` */
  path: string;
  metadata: Record<string, string>;
  /** The encoded request message. */
  request_base64: string;
  /** Connections; calls are spread over them evenly. */
  connections: number;
  /** Calls in flight over all connections. */
  parallel: number;
}

const load = readSpecification<GrpcLoad>();
const { host, port, path, metadata, request_base64, connections, parallel, ...window } = load;
const request = Buffer.from(request_base64, 'base64');
const open = Array.from(
  { length: connections },
  () => new UnaryConnection(host, port, { path, metadata, request }),
);

await runClosedLoop(window, parallel, async (lane) => {
  await open[lane % open.length]?.call();
});
for (const connection of open) connection.close();
