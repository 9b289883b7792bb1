import { defineReason } from '../errors/index.js';
import { PRIORITIES } from './priority.js';

export const UNKNOWN_JOB_TYPE = defineReason({
  reason: 'UNKNOWN_JOB_TYPE',
  under: 'VALIDATION_FAILED',
  field: 'type',
  message: 'There is no such job type.',
});

export const JOB_TYPE_INTERNAL = defineReason({
  reason: 'JOB_TYPE_INTERNAL',
  under: 'FORBIDDEN',
  field: 'type',
  message: 'Jobs of this type are enqueued by the product alone.',
});

export const INVALID_JOB_PRIORITY = defineReason({
  reason: 'INVALID_JOB_PRIORITY',
  under: 'VALIDATION_FAILED',
  field: 'priority',
  message: `The priority must be one of ${PRIORITIES.join(', ')}.`,
});

export const INVALID_JOB_TIME = defineReason({
  reason: 'INVALID_JOB_TIME',
  under: 'VALIDATION_FAILED',
  field: 'scheduled_at',
  message: 'A job is scheduled between now and a year from now.',
});

export const INVALID_JOB_TAGS = defineReason({
  reason: 'INVALID_JOB_TAGS',
  under: 'VALIDATION_FAILED',
  field: 'tags',
  message: 'A job has at most 20 tags of 1 to 64 characters each.',
});

export const JOB_PAYLOAD_TOO_LARGE = defineReason({
  reason: 'JOB_PAYLOAD_TOO_LARGE',
  under: 'PAYLOAD_TOO_LARGE',
  field: 'payload',
  message: 'The payload of the job is larger than allowed.',
});

export const JOB_PAYLOAD_NOT_STORABLE = defineReason({
  reason: 'JOB_PAYLOAD_NOT_STORABLE',
  under: 'VALIDATION_FAILED',
  field: 'payload',
  message: 'The payload must be JSON without NUL characters and halves of characters.',
});
