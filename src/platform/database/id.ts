import { v7 } from 'uuid';

/** A new UUID v7: ordered by time, made by the application so that any PostgreSQL version will do. Source: RFC 9562. */
export const newId = (): string => v7();
