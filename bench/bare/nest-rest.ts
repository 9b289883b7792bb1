import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { decorateMethod } from './decorate.ts';
import { storage, useEnhancers } from './enhancers.ts';
import { announce, portOf, readSpecification } from './server.ts';
import type { RestSpecification } from './specification.ts';

/** Nest on the Fastify adapter: one controller with one route, and the enhancers asked for (none by default). */
const { path, answer, enhancers = [] } = readSpecification<RestSpecification>();

class AnswerController {
  answer(): Record<string, unknown> {
    return answer;
  }
}
Controller()(AnswerController);
decorateMethod(AnswerController, 'answer', Get(path));

class RestModule {}
Module({ controllers: [AnswerController] })(RestModule);

const app = await NestFactory.create<NestFastifyApplication>(
  RestModule,
  new FastifyAdapter({ logger: false }),
  { logger: false },
);
useEnhancers(app, enhancers, () => {
  const server = app.getHttpAdapter().getInstance();
  server.addHook('preHandler', (_request, _reply, done) => storage.run({ request_id: 0 }, done));
});
await app.listen(0, '127.0.0.1');
announce(portOf(app.getHttpAdapter().getInstance().addresses()));
