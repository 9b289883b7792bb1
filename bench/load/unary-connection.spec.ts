import {
  type Metadata,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { UnaryConnection } from './unary-connection.ts';

const PATH = '/bench.Echo/Say';
const unchanged = (message: Buffer): Buffer => message;

describe('a connection of the gRPC load generator', () => {
  const received: { message: string; metadata: Metadata }[] = [];
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = new Server();
    server.addService(
      {
        Say: {
          path: PATH,
          requestStream: false,
          responseStream: false,
          requestSerialize: unchanged,
          requestDeserialize: unchanged,
          responseSerialize: unchanged,
          responseDeserialize: unchanged,
        },
      },
      {
        Say: ({ request, metadata }: ServerUnaryCall<Buffer, Buffer>, respond: sendUnaryData<Buffer>) => {
          received.push({ message: request.toString(), metadata });
          if (request.toString() === 'refuse me') respond({ code: status.UNAUTHENTICATED, details: 'no' });
          else respond(null, request);
        },
      },
    );
    port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => {
        if (error) reject(error);
        else resolve(bound);
      });
    });
  });

  afterAll(() => server.forceShutdown());
  beforeEach(() => received.splice(0));

  const connectionFor = (message: string, metadata: Record<string, string> = {}): UnaryConnection =>
    new UnaryConnection('127.0.0.1', port, { path: PATH, metadata, request: Buffer.from(message) });

  it('brings message and metadata to a grpc-js server, on the first call and on later ones', async () => {
    const token = `Bearer ${'x'.repeat(600)}`;
    const connection = connectionFor('hello', { authorization: token });
    for (let call = 0; call < 3; call += 1) await connection.call();
    connection.close();

    expect(received.map(({ message }) => message)).toEqual(['hello', 'hello', 'hello']);
    expect(received.map(({ metadata }) => metadata.get('authorization')[0])).toEqual([token, token, token]);
  });

  it('keeps many calls in flight beyond the window the server opened first', async () => {
    const connection = connectionFor('m'.repeat(1000));
    for (let turn = 0; turn < 10; turn += 1) {
      await Promise.all(Array.from({ length: 30 }, () => connection.call()));
    }
    connection.close();

    expect(received).toHaveLength(300);
  });

  it('counts a status other than OK as a failure', async () => {
    const connection = connectionFor('refuse me');
    await expect(connection.call()).rejects.toThrow('did not end with status 0');
    connection.close();
  });

  it('fails its calls when the connection is closed', async () => {
    const connection = connectionFor('hello');
    await connection.call();
    const call = connection.call();
    connection.close();

    await expect(call).rejects.toThrow('closed');
    await expect(connection.call()).rejects.toThrow('closed');
  });

  it('refuses metadata that does not fit into the header table', () => {
    expect(() => connectionFor('hello', { authorization: 'x'.repeat(5000) })).toThrow('do not fit');
  });
});
