import { credentials, makeClientConstructor, type Client } from '@grpc/grpc-js';
import protobuf from 'protobufjs';

/** grpc.reflection and the descriptors in its answers, written by hand: only the members that are used. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Request { oneof ask { string file_by_filename = 3; string file_containing_symbol = 4; string list_services = 7; } }
  message Files { repeated bytes file = 1; }
  message Service { string name = 1; }
  message Services { repeated Service service = 1; }
  message Problem { int32 error_code = 1; string error_message = 2; }
  message Response { Files files = 4; Services services = 6; Problem problem = 7; }
  message Method { string name = 1; bool client_streaming = 5; bool server_streaming = 6; }
  message DescribedService { string name = 1; repeated Method method = 2; }
  message File { string name = 1; string package = 2; repeated DescribedService service = 6; }`,
  { keepCase: true },
);
const [Request, Response, File] = ['Request', 'Response', 'File'].map((name) => root.lookupType(name)) as [
  protobuf.Type,
  protobuf.Type,
  protobuf.Type,
];

interface Answer {
  files?: { file: Buffer[] };
  services?: { service: { name: string }[] };
  problem?: { error_code: number; error_message: string };
}

export type ReflectionVersion = 'v1' | 'v1alpha';

/** A client of server reflection that knows nothing but its wire format. */
export class GrpcReflection {
  private readonly client: Client;

  /** @param address `host:port` */
  constructor(
    address: string,
    private readonly version: ReflectionVersion = 'v1',
  ) {
    this.client = new (makeClientConstructor({}, 'Reflection'))(address, credentials.createInsecure());
  }

  /** Full names of the services that the server has. */
  async services(): Promise<string[]> {
    const [answer] = await this.ask([{ list_services: '*' }]);
    return answer!.services!.service.map(({ name }) => name);
  }

  /** Every method of all of them but reflection itself: `arcana.auth.v1.AuthService/Login`. */
  async methods(): Promise<string[]> {
    const services = (await this.services()).filter((name) => !name.startsWith('grpc.reflection.'));
    const answers = await this.ask(services.map((name) => ({ file_containing_symbol: name })));
    const methods = new Set<string>();
    for (const bytes of answers.flatMap(({ files }) => files?.file ?? [])) {
      const file = File.toObject(File.decode(bytes), { defaults: true }) as {
        package: string;
        service: { name: string; method: { name: string }[] }[];
      };
      for (const { name, method } of file.service) {
        const service = `${file.package}.${name}`;
        if (services.includes(service)) for (const each of method) methods.add(`${service}/${each.name}`);
      }
    }
    return [...methods];
  }

  /** Asks in one stream; answers come in the order of the questions. */
  async ask(questions: object[]): Promise<Answer[]> {
    const stream = this.client.makeBidiStreamRequest(
      `/grpc.reflection.${this.version}.ServerReflection/ServerReflectionInfo`,
      (question: object) => Buffer.from(Request.encode(Request.fromObject(question)).finish()),
      (bytes: Buffer) => Response.toObject(Response.decode(bytes)) as Answer,
    );
    for (const question of questions) stream.write(question);
    stream.end();
    const answers: Answer[] = [];
    for await (const answer of stream) answers.push(answer as Answer);
    return answers;
  }

  close(): void {
    this.client.close();
  }
}
