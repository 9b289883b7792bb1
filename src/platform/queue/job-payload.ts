import { plainToInstance } from 'class-transformer';
import { validate } from 'class-validator';
import { AppError, validationFailed } from '../errors/index.js';
import type { JobDefinition } from './job-definition.js';
import { JOB_PAYLOAD_NOT_STORABLE, JOB_PAYLOAD_TOO_LARGE } from './queue.errors.js';

/**
 * PostgreSQL stores neither NUL nor half a surrogate pair in jsonb; refused here, so that a job cannot be accepted and
 * then not recorded. JSON.stringify escapes both, and no whole pair.
 */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f][0-9a-f]{2})/;

export const isStorable = (json: string): boolean => !UNSTORABLE.test(json);

/**
 * The payload as an instance of the type's schema.
 * @throws VALIDATION_FAILED naming every broken or unknown field, as `payload.field`
 */
export async function readPayload<T extends object>(
  definition: JobDefinition<T>,
  plain: unknown,
): Promise<T> {
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) {
    throw new AppError('VALIDATION_FAILED', {
      fields: [{ field: 'payload', code: 'IS_OBJECT', message: 'payload must be an object' }],
    });
  }
  const payload = plainToInstance(definition.schema, plain);
  const errors = await validate(payload, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: false,
  });
  if (errors.length === 0) return payload;
  const failure = validationFailed(errors);
  throw new AppError(failure.code, {
    fields: failure.fields.map((broken) => ({ ...broken, field: `payload.${broken.field}` })),
  });
}

/**
 * The payload as the plain JSON that is stored: validated, and within the limit.
 * @throws VALIDATION_FAILED, PAYLOAD_TOO_LARGE
 */
export async function storablePayload<T extends object>(
  definition: JobDefinition<T>,
  data: T,
  limitBytes: number,
): Promise<object> {
  await readPayload(definition, data);
  return plainPayload(data, limitBytes);
}

/** JSON alone, without the schema. @throws as {@link storablePayload} */
export function plainPayload(data: object, limitBytes: number): object {
  let json: string;
  try {
    json = JSON.stringify(data);
  } catch (cause) {
    throw JOB_PAYLOAD_NOT_STORABLE.error({ cause });
  }
  if (Buffer.byteLength(json) > limitBytes) {
    throw JOB_PAYLOAD_TOO_LARGE.error({
      message: `The payload of the job is larger than ${limitBytes} bytes.`,
    });
  }
  if (!isStorable(json)) throw JOB_PAYLOAD_NOT_STORABLE.error();
  return JSON.parse(json) as object;
}
