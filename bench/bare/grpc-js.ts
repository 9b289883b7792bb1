import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { authServiceDefinition, decodeAnswer } from './auth-proto.ts';
import { announce, readSpecification } from './server.ts';
import type { GrpcSpecification } from './specification.ts';

/** grpc-js alone: one method that answers the message it was given at start. */
const answer = decodeAnswer(readSpecification<GrpcSpecification>().answer_base64);

const server = new Server();
server.addService(authServiceDefinition(), {
  ValidateToken: (_call: ServerUnaryCall<object, object>, respond: sendUnaryData<object>) => {
    respond(null, answer);
  },
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  announce(port);
});
