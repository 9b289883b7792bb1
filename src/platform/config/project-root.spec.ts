import { existsSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { productVersion } from './product-version.js';
import { projectRoot } from './project-root.js';

describe('projectRoot', () => {
  it('is the absolute directory of the package.json of this product', () => {
    expect(isAbsolute(projectRoot())).toBe(true);
    expect(JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8'))).toMatchObject({
      name: 'arcana-cloud',
    });
    expect(existsSync(join(projectRoot(), 'config', 'default.toml'))).toBe(true);
  });
});

describe('productVersion', () => {
  it('is the version of that package.json', () => {
    expect(productVersion()).toMatch(/^\d+\.\d+\.\d+/);
  });
});
