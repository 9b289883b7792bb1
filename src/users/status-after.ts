import { effects as newEffects, type Effects } from '../platform/database/index.js';
import type { UserStatus } from './dto/user.dto.js';

/** Tells the audit log which status came of an act: where the row alone decides that, whoever asked for it cannot say. */
export const withStatusAfter = (effects: Effects, status: UserStatus): Effects =>
  Object.assign(newEffects(), effects, {
    audit: effects.audit.map((entry) => ({ ...entry, details: { ...entry.details, after: { status } } })),
  });
