/** How urgent a job is, least urgent first. */
export const PRIORITIES = ['low', 'normal', 'high', 'critical'] as const;
export type Priority = (typeof PRIORITIES)[number];

/**
 * Levels inside one queue; a lower number runs first. They begin at 10 because 0, and a job without a priority, would
 * overtake every level, and they leave room between them.
 */
const LEVELS: Readonly<Record<Priority, number>> = { critical: 10, high: 20, normal: 30, low: 40 };

export const isPriority = (value: unknown): value is Priority =>
  typeof value === 'string' && Object.hasOwn(LEVELS, value);

export const levelOf = (priority: Priority): number => LEVELS[priority];

/** The priority that a level stands for; a level of nobody's making counts as normal. */
export const priorityOf = (level: number): Priority =>
  PRIORITIES.find((priority) => LEVELS[priority] === level) ?? 'normal';
