import { Type, plainToInstance } from 'class-transformer';
import {
  IsArray,
  IsDefined,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  ValidateNested,
  validateSync,
} from 'class-validator';
import { Principal, RequestContext, newTrace, randomHex, traceparent } from '../context/index.js';
import { AppError, validationFailed, type AppErrorWire } from '../errors/index.js';

/** What a callee must know of the work it is part of. Durations, not times, cross: clocks differ. */
export class LinkContext {
  @IsString()
  request_id: string;

  @IsOptional()
  @IsString()
  traceparent?: string;

  @IsOptional()
  @IsNumber()
  timeout_ms?: number;

  @IsOptional()
  @IsString()
  ip?: string;

  @IsOptional()
  @IsString()
  user_agent?: string;

  @IsOptional()
  @IsString()
  route?: string;

  @IsOptional()
  @IsString()
  causation_id?: string;

  // An empty array, too, would satisfy ValidateNested.
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => Principal)
  principal?: Principal;
}

/** One call across a link. */
export class CallEnvelope {
  /** Class name of the service or port. */
  @IsString()
  target: string;

  @IsString()
  method: string;

  /** As they came: what they are is known only to the method, whose declaration they are read by. */
  @IsArray()
  args: unknown[];

  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => LinkContext)
  context: LinkContext;
}

/** Its answer: exactly one of the two. */
export type AnswerEnvelope = { result: unknown } | { error: AppErrorWire };

/** The header to send with a call made now. @throws TIMEOUT when nobody would wait for the answer. */
export function outgoingContext(): LinkContext {
  const current = RequestContext.current();
  if (!current) return { request_id: randomHex(16), traceparent: traceparent(newTrace()) };
  const timeout = current.remainingMs();
  return {
    request_id: current.requestId,
    traceparent: traceparent(current.trace),
    ...(timeout !== undefined && { timeout_ms: timeout }),
    ...(current.ip !== undefined && { ip: current.ip }),
    ...(current.userAgent !== undefined && { user_agent: current.userAgent }),
    ...(current.route !== undefined && { route: current.route }),
    ...(current.causationId !== undefined && { causation_id: current.causationId }),
    ...(current.principal && { principal: current.principal }),
  };
}

/** The context that the callee works in. */
export function incomingContext(header: LinkContext, signal?: AbortSignal): RequestContext {
  return new RequestContext({
    requestId: header.request_id,
    protocol: 'link',
    ...(header.traceparent !== undefined && { traceparent: header.traceparent }),
    ...(header.timeout_ms !== undefined && { deadline: Date.now() + header.timeout_ms }),
    ...(signal && { signal }),
    ...(header.ip !== undefined && { ip: header.ip }),
    ...(header.user_agent !== undefined && { userAgent: header.user_agent }),
    ...(header.route !== undefined && { route: header.route }),
    ...(header.causation_id !== undefined && { causationId: header.causation_id }),
    ...(header.principal && { principal: header.principal }),
  });
}

/** Reads a call. @throws MALFORMED_REQUEST or VALIDATION_FAILED. */
export function parseCall(json: string): CallEnvelope {
  let plain: unknown;
  try {
    plain = JSON.parse(json);
  } catch (cause) {
    throw new AppError('MALFORMED_REQUEST', { cause });
  }
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain))
    throw new AppError('MALFORMED_REQUEST');
  // Not through class-transformer, which, knowing no type for them, would copy the arguments by its own rules: it leaves
  // out members named as those of every object, `toString` say.
  const { args, ...head } = plain as Record<string, unknown>;
  const call = Object.assign(plainToInstance(CallEnvelope, head), { args });
  const errors = validateSync(call, { whitelist: true });
  if (errors.length > 0) throw validationFailed(errors);
  return call;
}
