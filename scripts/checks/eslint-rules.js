import { relative, sep } from 'node:path';
import packageHomes from './package-homes.cjs';

const homes = packageHomes.map(({ packages, homes: folders, why }) => ({
  named: new RegExp(`^(${packages.map((name) => name.replaceAll('*', '[^/]+')).join('|')})(/|$)`),
  inside: new RegExp(folders.join('|')),
  why,
}));

/** Refuses the import of a package outside the folders that package-homes.cjs gives it. */
const packageHome = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { abroad: '{{package}} may not be imported here. {{why}}' },
  },
  create(context) {
    const file = relative(context.cwd, context.filename).split(sep).join('/');
    if (!file.startsWith('src/')) return {};
    const check = ({ source }) => {
      if (typeof source?.value !== 'string') return;
      const home = homes.find(({ named, inside }) => named.test(source.value) && !inside.test(file));
      if (home) {
        context.report({ node: source, messageId: 'abroad', data: { package: source.value, why: home.why } });
      }
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

/** Rules of this product alone. */
export const arcana = { meta: { name: 'arcana' }, rules: { 'package-home': packageHome } };
