import { basename, dirname } from 'node:path/posix';
import { eachFile, file, isSpec, type Law } from './law.js';

/** Names that say nothing of what is inside, so that anything ends up there. */
const EMPTY_NAMES = /^(utils?|common|shared|helpers?|misc)$/;
const EMPTY_SUFFIX = /\.(utils?|helpers?|manager|impl|base)\./;
const DECLARED =
  /^\s*(?:export )?(?:default )?(?:declare )?(?:abstract )?(class|interface|type|enum) (\w+)/gm;

function emptyName(path: string): string | undefined {
  const segments = [...dirname(path).split('/'), basename(path).split('.')[0]!];
  const empty = segments.find((segment) => EMPTY_NAMES.test(segment));
  if (empty) return `is named ${empty}, which says nothing of what is inside`;
  return EMPTY_SUFFIX.test(basename(path)) ? 'has a suffix that names no role' : undefined;
}

function unwantedDeclaration(text: string): string | undefined {
  for (const [, kind, name] of text.matchAll(DECLARED)) {
    const unwanted =
      /^Base[A-Z]|(Base|Impl|Manager|Helpers?)$/.test(name!) ||
      (kind === 'interface' && /^I[A-Z][a-z]/.test(name!));
    if (unwanted) return `declares ${kind} ${name}: call it what it is or does`;
  }
  return undefined;
}

const ROLES: readonly { suffix: RegExp; className: (words: string) => string }[] = [
  { suffix: /\.grpc\.controller\.ts$/, className: (words) => `${words}GrpcController` },
  { suffix: /(?<!\.typeorm)\.repository\.ts$/, className: (words) => `${words}Repository` },
  { suffix: /\.controller\.ts$/, className: (words) => `${words}Controller` },
  { suffix: /\.service\.ts$/, className: (words) => `${words}Service` },
  { suffix: /\.entity\.ts$/, className: (words) => `${words}Entity` },
  { suffix: /\.module\.ts$/, className: (words) => `${words}Module` },
  { suffix: /\.guard\.ts$/, className: (words) => `${words}Guard` },
];

const pascalCase = (name: string): string =>
  name
    .split(/[-.]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

function misnamedClass({ path, text }: { path: string; text: string }): string | undefined {
  const role = ROLES.find(({ suffix }) => suffix.test(path));
  if (!role) return undefined;
  const expected = role.className(pascalCase(basename(path).replace(role.suffix, '')));
  const found = [...text.matchAll(/^export (?:abstract )?class (\w+)/gm)].map(([, name]) => name);
  return found.includes(expected)
    ? undefined
    : `should export class ${expected}; it exports ${found.join(', ') || 'no class'}`;
}

export const NAME_LAWS: readonly Law[] = [
  {
    title: 'every folder and file is named after what is inside',
    breaches: eachFile(
      () => true,
      ({ path }) => emptyName(path),
    ),
    planted: [
      [file('src/utils/dates.ts')],
      [file('src/users/shared/names.ts')],
      [file('src/users/common.ts')],
      [file('test/support/helpers.ts')],
      [file('src/users/users.helper.ts')],
      [file('src/platform/queue/queue.manager.ts')],
    ],
  },
  {
    title: 'nothing is called Base…, …Impl, …Manager, …Helper, and no interface I…',
    breaches: eachFile(
      () => true,
      ({ text }) => unwantedDeclaration(text),
    ),
    planted: [
      [file('src/users/a.ts', 'export abstract class BaseEntity {}')],
      [file('src/users/a.ts', 'export class UserServiceImpl {}')],
      [file('src/users/a.ts', 'class PluginManager {}')],
      [file('src/users/a.ts', 'export type DateHelpers = object;')],
      [file('src/users/a.ts', 'export interface IUser {}')],
    ],
  },
  {
    title: 'a class is called like its file, suffix and all',
    breaches: eachFile((one) => one.path.startsWith('src/') && !isSpec(one), misnamedClass),
    planted: [
      [file('src/users/users.grpc.controller.ts', 'export class UsersController {}')],
      [file('src/users/user.repository.ts', 'export abstract class Users {}')],
      [file('src/users/users.service.ts', 'export class UserService {}')],
      [file('src/users/api-key.entity.ts', 'export class Apikey {}')],
    ],
  },
];
