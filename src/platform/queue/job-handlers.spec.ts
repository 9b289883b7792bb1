import { Injectable, Module, type Type } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { defineJob } from './job-definition.js';
import { JobHandler, type JobWork } from './job-handler.js';
import { JobHandlers } from './job-handlers.js';

class Data {
  @IsString()
  name: string;
}

const Work = defineJob({ type: 'unit.handled', queue: 'unit', schema: Data });

@Injectable()
@JobHandler(Work)
class Handler implements JobWork<Data> {
  handle(): Promise<void> {
    return Promise.resolve();
  }
}

@Injectable()
@JobHandler(Work)
class SecondHandler extends Handler {}

const boot = async (...handlers: Type[]): Promise<JobHandlers> => {
  @Module({ imports: [DiscoveryModule], providers: [JobHandlers, ...handlers] })
  class TestModule {}
  const module = await Test.createTestingModule({ imports: [TestModule] }).compile();
  await module.init();
  return module.get(JobHandlers);
};

describe('JobHandlers', () => {
  it('finds the handler of a type and the queues to work on', async () => {
    const handlers = await boot(Handler);
    expect(handlers.find('unit.handled')).toMatchObject({ definition: Work, work: expect.any(Handler) });
    expect(handlers.find('unit.unknown')).toBeUndefined();
    expect(handlers.queues()).toEqual(['unit']);
  });

  it('refuses to boot without a handler', async () => {
    await expect(boot()).rejects.toThrow(
      "No class handles the job type unit.handled: list one with @JobHandler under the feature's jobs.",
    );
  });

  it('refuses to boot with two handlers', async () => {
    await expect(boot(Handler, SecondHandler)).rejects.toThrow(
      'Two classes handle the job type unit.handled (Handler and SecondHandler): remove one.',
    );
  });
});
