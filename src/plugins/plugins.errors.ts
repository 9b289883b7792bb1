import { defineReason } from '../platform/errors/index.js';

export const PLUGIN_NOT_FOUND = defineReason({
  reason: 'PLUGIN_NOT_FOUND',
  under: 'NOT_FOUND',
  field: 'id',
  message: 'There is no plugin with this id.',
});
