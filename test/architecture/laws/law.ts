import type { SourceFile } from '../source-files.js';

/** A rule about files that no compiler and no linter keeps. */
export interface Law {
  /** A fact about the product. */
  readonly title: string;
  /** One sentence per breach, with the file's path in it. */
  readonly breaches: (files: readonly SourceFile[]) => string[];
  /** Small trees in which the law is broken: each must be noticed. */
  readonly planted: readonly (readonly SourceFile[])[];
}

export const file = (path: string, text = ''): SourceFile => ({ path, text });

export const isSpec = ({ path }: SourceFile): boolean => path.endsWith('.spec.ts');

/** A law that looks at each file for itself: `complaint` says what is wrong with one, if anything is. */
export const eachFile =
  (
    concerns: (file: SourceFile) => boolean,
    complaint: (file: SourceFile) => string | undefined,
  ): Law['breaches'] =>
  (files) =>
    files.filter(concerns).flatMap((one) => {
      const words = complaint(one);
      return words === undefined ? [] : [`${one.path} ${words}`];
    });
