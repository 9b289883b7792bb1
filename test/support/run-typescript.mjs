/**
 * Lets a child process of a test run TypeScript sources as they stand (`node --import <this file> program.ts`): Node strips the
 * types itself, and this hook finds `x.ts` where the sources say `x.js`, as the compiler wants it. Sources with decorators
 * need the build.
 */
import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

registerHooks({
  resolve(specifier, context, next) {
    if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(fileURLToPath(source))) return next(source.href, context);
    }
    return next(specifier, context);
  },
});
