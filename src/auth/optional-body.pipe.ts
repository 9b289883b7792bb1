import type { PipeTransform, Type } from '@nestjs/common';
import { RequestValidationPipe } from '../platform/http/index.js';

/** Validates a body that may be left out: none is an empty one. The parameter is declared `unknown`, or the global pipe would refuse none first. */
export class OptionalBodyPipe implements PipeTransform<unknown, unknown> {
  readonly #validation = new RequestValidationPipe();

  constructor(private readonly type: Type) {}

  transform(body: unknown): unknown {
    return this.#validation.transform(body ?? {}, { type: 'body', metatype: this.type });
  }
}
