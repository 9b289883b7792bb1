/**
 * Thrown by a handler when repeating the work would end the same way: the job fails at once, whatever attempts it has
 * left. The message is kept with the job: never a secret.
 */
export class PermanentFailure extends Error {}
