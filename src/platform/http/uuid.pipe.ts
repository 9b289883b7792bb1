import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { isUUID } from 'class-validator';
import { AppError } from '../errors/index.js';

/** A path parameter that must be a UUID: `@Param('id', UuidPipe) id: string`. @throws VALIDATION_FAILED (422) naming it. */
@Injectable()
export class UuidPipe implements PipeTransform<unknown, string> {
  transform(value: unknown, { data = 'id' }: ArgumentMetadata): string {
    if (typeof value === 'string' && isUUID(value)) return value.toLowerCase();
    throw new AppError('VALIDATION_FAILED', {
      fields: [{ field: data, code: 'IS_UUID', message: `${data} must be a UUID` }],
    });
  }
}
