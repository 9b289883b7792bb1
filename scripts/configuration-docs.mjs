/**
 * Writes what is derived from the settings schema: `.env.example` and the tables of docs/configuration.md.
 *
 *   npm run build && node scripts/configuration-docs.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../dist/src/platform/config/project-root.js';
import { envExample, withSettingsTables } from '../dist/src/platform/config/settings-docs.js';

const document = join(projectRoot(), 'docs', 'configuration.md');
writeFileSync(document, withSettingsTables(readFileSync(document, 'utf8')));
writeFileSync(join(projectRoot(), '.env.example'), envExample());
