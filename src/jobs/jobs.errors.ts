import { defineReason } from '../platform/errors/index.js';

export const JOB_NOT_FOUND = defineReason({
  reason: 'JOB_NOT_FOUND',
  under: 'NOT_FOUND',
  message: 'There is no such job.',
});

export const INVALID_JOB_CURSOR = defineReason({
  reason: 'INVALID_JOB_CURSOR',
  under: 'VALIDATION_FAILED',
  field: 'cursor',
  message: 'The cursor must be the next_cursor of an earlier answer.',
});
