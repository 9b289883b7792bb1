import { Type } from 'class-transformer';
import {
  IsArray,
  IsDate,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  ValidateNested,
} from 'class-validator';
import { newId } from '../id.js';

type Data = object;

/** What the builder needs to know of an event; platform/events makes these. */
export interface EventDeclaration<T extends Data> {
  /** `auth.user_registered` */
  readonly type: string;
  readonly version: number;
  /** Events of one subject are delivered in order. */
  readonly subject: (data: T) => string;
}

/** What the builder needs to know of a job; platform/queue makes these. */
export interface JobDeclaration<T extends Data> {
  /** `email.welcome` */
  readonly type: string;
  readonly version: number;
  readonly queue: string;
  /** Phantom: ties the data's type to the declaration. */
  readonly schema: abstract new () => T;
}

/** Options of one enqueued job; absent ones come from the job's declaration. */
export interface JobEffectOptions {
  /** critical | high | normal | low */
  priority?: string;
  /** Not before this time. */
  at?: Date;
  tags?: string[];
}

/** An event to be written with a change. */
export class EventEffect {
  @IsUUID()
  id: string;

  @IsString()
  type: string;

  @IsInt()
  version: number;

  @IsString()
  subject: string;

  @IsObject()
  data: Data;
}

/** A job to be enqueued when, and only when, the change is committed. */
export class JobEffect {
  /** Becomes the job's id: a row delivered twice is one job. */
  @IsUUID()
  id: string;

  @IsString()
  type: string;

  @IsInt()
  version: number;

  @IsString()
  queue: string;

  @IsObject()
  data: Data;

  @IsOptional()
  @IsString()
  priority?: string;

  @IsOptional()
  @Type(() => Date)
  @IsDate()
  at?: Date;

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  tags?: string[];
}

/** An entry of the audit log. Who and from where is taken from the request context by the writer. */
export class AuditEffect {
  /** `USER_REGISTERED` */
  @IsString()
  action: string;

  /** Id of what was acted upon. */
  @IsOptional()
  @IsString()
  target?: string;

  /** Before and after, or whatever explains the act. Never a secret. */
  @IsOptional()
  @IsObject()
  details?: Data;
}

/** What a change causes beside itself: written by the adapter in the transaction of the change. */
export class Effects {
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => EventEffect)
  events: EventEffect[] = [];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => JobEffect)
  jobs: JobEffect[] = [];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => AuditEffect)
  audit: AuditEffect[] = [];

  event<T extends Data>(declaration: EventDeclaration<T>, data: T): this {
    const { type, version } = declaration;
    this.events.push({ id: newId(), type, version, subject: declaration.subject(data), data });
    return this;
  }

  job<T extends Data>(declaration: JobDeclaration<T>, data: T, options: JobEffectOptions = {}): this {
    const { type, version, queue } = declaration;
    this.jobs.push({ id: newId(), type, version, queue, data, ...options });
    return this;
  }

  audited(action: string, entry: Omit<AuditEffect, 'action'> = {}): this {
    this.audit.push({ action, ...entry });
    return this;
  }
}

/** Begins a list of effects: `effects().event(UserRegistered, { user_id }).job(WelcomeEmail, { user_id })`. */
export const effects = (): Effects => new Effects();
