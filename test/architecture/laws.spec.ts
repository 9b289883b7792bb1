import { FEATURE_LAWS } from './laws/feature.laws.js';
import { NAME_LAWS } from './laws/name.laws.js';
import { SIZE_LAWS } from './laws/size.laws.js';
import { WHOLE_LAWS } from './laws/whole.laws.js';
import { sourceFiles } from './source-files.js';

const files = sourceFiles('{src,migrations,test,bench}/**/*.ts', 'scripts/**/*.{ts,js,mjs,cjs}');

describe.each([...SIZE_LAWS, ...NAME_LAWS, ...FEATURE_LAWS, ...WHOLE_LAWS])(
  '$title',
  ({ breaches, planted }) => {
    it('in the product', () => {
      expect(breaches(files)).toEqual([]);
    });

    it.each(planted.map((tree) => [tree.map(({ path }) => path).join(', '), tree] as const))(
      'and a breach is noticed: %s',
      (_paths, tree) => {
        expect(breaches(tree)).not.toEqual([]);
      },
    );
  },
);
