/**
 * Validation: how the text of a query or a body becomes the number or the time that a DTO asks for, and which text is
 * safe to compare with. Rules of one feature alone stay with that feature.
 */
export { Digits, Rfc3339, Uuid } from './text-forms.js';
export { IsCorrelationId, IsWords } from './text-rules.js';
