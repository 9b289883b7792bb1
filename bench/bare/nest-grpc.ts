import 'reflect-metadata';
import { join } from 'node:path';
import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, Payload, Transport, type GrpcOptions } from '@nestjs/microservices';
import { freePort } from '../harness/free-port.ts';
import { projectRoot } from '../../src/platform/config/project-root.ts';
import { AUTH_PACKAGE, AUTH_PROTO, decodeAnswer, LOADER_OPTIONS } from './auth-proto.ts';
import { decorateMethod } from './decorate.ts';
import { TokenRequest, useEnhancers, withContext } from './enhancers.ts';
import { announce, readSpecification } from './server.ts';
import type { GrpcSpecification } from './specification.ts';

/** Nest's gRPC transport: one controller with one method, and the enhancers asked for (none by default). */
const { answer_base64, enhancers = [] } = readSpecification<GrpcSpecification>();
const answer = decodeAnswer(answer_base64);

class AuthController {
  validateToken(_request: TokenRequest): object {
    return answer;
  }
}
Controller()(AuthController);
Payload()(AuthController.prototype, 'validateToken', 0);
// What the TypeScript compiler would emit for the parameter; validation reads the class from here.
Reflect.defineMetadata('design:paramtypes', [TokenRequest], AuthController.prototype, 'validateToken');
decorateMethod(AuthController, 'validateToken', GrpcMethod('AuthService', 'ValidateToken'));

class GrpcModule {}
Module({ controllers: [AuthController] })(GrpcModule);

const port = await freePort();
const app = await NestFactory.createMicroservice<GrpcOptions>(GrpcModule, {
  transport: Transport.GRPC,
  logger: false,
  options: {
    package: AUTH_PACKAGE,
    protoPath: join(projectRoot(), 'proto', AUTH_PROTO),
    loader: LOADER_OPTIONS,
    url: `127.0.0.1:${port}`,
  },
});
useEnhancers(app, enhancers, () => {
  app.registerPreRequestHook((_context, next) => withContext(next));
});
await app.listen();
announce(port);
