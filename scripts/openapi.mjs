/**
 * Writes openapi.json, the API document as the built product serves it. A test compares the two.
 *
 *   npm run openapi
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './runtime.mjs';
import { startThrowAway } from './throw-away.mjs';

const product = await startThrowAway();
try {
  const response = await fetch(`${product.rest}/openapi.json`);
  if (!response.ok) throw new Error(`/openapi.json answered ${response.status}`);
  // Indented, so that a change of the API shows as a change of lines.
  writeFileSync(join(root, 'openapi.json'), `${JSON.stringify(await response.json(), null, 2)}\n`);
} finally {
  await product.stop();
}
