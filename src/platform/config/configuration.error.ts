/** Everything that is wrong with a configuration: one sentence each, with the key as it was written and the fix. No secrets. */
export class ConfigurationError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigurationError';
  }
}
