import type { SourceFile } from '../source-files.js';
import { eachFile, file, isSpec, type Law } from './law.js';

function rooms(files: readonly SourceFile[]): Map<string, string | undefined> {
  const found = new Map<string, string | undefined>();
  for (const { path, text } of files) {
    const [, room, inside] = /^src\/platform\/([^/]+)\/(.+)$/.exec(path) ?? [];
    if (room === undefined) continue;
    if (inside === 'index.ts') found.set(room, text);
    else if (!found.has(room)) found.set(room, undefined);
  }
  return found;
}

/** Words of work left undone. */
const UNFINISHED = /\b(?:TODO|FIXME|XXX|HACK)\b|\b[Nn]ot (?:yet )?implemented\b|\b[Cc]oming soon\b/;

export const WHOLE_LAWS: readonly Law[] = [
  {
    title: 'every room of platform has an index.ts that begins by saying what the room is for',
    breaches: (files) =>
      [...rooms(files)].flatMap(([room, text]) => {
        if (text === undefined) return [`src/platform/${room} has no index.ts`];
        return /^\/\*\*\s*\n?\s*\*?\s*\w/.test(text)
          ? []
          : [`src/platform/${room}/index.ts does not begin with a comment`];
      }),
    planted: [
      [file('src/platform/cache/cache.ts')],
      [file('src/platform/cache/index.ts', "export { Cache } from './cache.js';\n")],
    ],
  },
  {
    title: 'nothing is left undone',
    breaches: eachFile(
      ({ path }) => !path.startsWith('test/architecture/'),
      ({ text }) => {
        const word = UNFINISHED.exec(text)?.[0];
        return word === undefined ? undefined : `says “${word}”`;
      },
    ),
    planted: [
      [file('src/users/a.ts', '// TODO: later')],
      [file('src/users/a.ts', "throw new Error('Not implemented');")],
    ],
  },
  {
    title: 'every test file expects something',
    // A conformance suite does the expecting for the specs that run it on one adapter each.
    breaches: eachFile(isSpec, ({ text }) =>
      /\b(expect|assert)\w*[.(<]|[./-]conformance\.js'/.test(text) ? undefined : 'expects nothing',
    ),
    planted: [[file('src/users/a.spec.ts', "it('works', () => { run(); });")]],
  },
  {
    title: 'no test is focused or switched off for good',
    breaches: eachFile(isSpec, ({ text }) =>
      /\b(fdescribe|fit|xdescribe|xit|xtest)\(|\b(it|test|describe)\.(only|todo)\b|^\s*(it|test|describe)\.skip\b/m.test(
        text,
      )
        ? 'focuses or switches off a test'
        : undefined,
    ),
    planted: [
      [file('src/users/a.spec.ts', "it.only('works', () => {});")],
      [file('src/users/a.spec.ts', "  describe.skip('later', () => {});")],
    ],
  },
];
