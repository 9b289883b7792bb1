import { eachFile, file, isSpec, type Law } from './law.js';

const lines = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0);

const atMost =
  (limit: number) =>
  ({ text }: { text: string }): string | undefined =>
    lines(text) > limit ? `has ${lines(text)} lines; ${limit} are allowed` : undefined;

export const SIZE_LAWS: readonly Law[] = [
  {
    title: 'no source file has more than 300 lines',
    breaches: eachFile((one) => one.path.startsWith('src/') && !isSpec(one), atMost(300)),
    planted: [[file('src/users/users.service.ts', 'x\n'.repeat(301))]],
  },
  {
    title: 'main.ts has at most 20 lines',
    breaches: eachFile(({ path }) => path === 'src/main.ts', atMost(20)),
    planted: [[file('src/main.ts', 'x\n'.repeat(21))]],
  },
];
