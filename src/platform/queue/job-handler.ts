import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import type { JobDefinition } from './job-definition.js';

const HANDLES = Symbol('arcana:job-handler');

/** What a running job knows of itself and may tell. */
export interface JobContext {
  /** Aborted when the time is up or the process shuts down: stop, or be left behind. */
  readonly signal: AbortSignal;
  /** The running attempt, from 1. */
  readonly attempt: number;
  readonly jobId: string;
  readonly correlationId: string;
  /** Per cent done, 0 to 100. */
  readonly progress: (percent: number) => void;
  /** A line for whoever reads the job later. Never a secret. */
  readonly log: (line: string) => void;
}

/** A class that does the work of one type of job. */
export interface JobWork<T extends object> {
  /**
   * Runs one attempt. A job may run more than once: make repeating it harmless.
   * @returns an object of plain JSON to keep as the job's result, or nothing
   * @throws anything: the attempt failed, and is repeated as the type's retry policy says
   */
  handle(data: T, context: JobContext): Promise<object | void>;
}

/** Names the class that runs jobs of this type: `@JobHandler(WelcomeEmail) class SendWelcomeEmail`. */
export function JobHandler<T extends object>(definition: JobDefinition<T>) {
  return <C extends Type<JobWork<T>>>(target: C): void => {
    Reflect.defineMetadata(HANDLES, definition, target);
  };
}

/** The type of job that a class handles. */
export const handledJob = (target: object): JobDefinition<object> | undefined =>
  Reflect.getOwnMetadata(HANDLES, target) as JobDefinition<object> | undefined;
