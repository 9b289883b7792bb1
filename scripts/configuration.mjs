/**
 * Prints the configuration a start would have, secrets hidden, and where each value comes from; takes the same command
 * line and environment as the product. Ends with 1 and one sentence per problem when a start would be refused.
 *
 *   npm run build && node scripts/configuration.mjs [--section.key=value ...]
 */
import { describeConfig, loadConfig } from '../dist/src/platform/config/index.js';

try {
  const { config, sources } = loadConfig();
  console.log(describeConfig(config, sources).join('\n'));
} catch (error) {
  if (error?.name !== 'ConfigurationError') throw error;
  console.error(error.message);
  process.exitCode = 1;
}
