import { basename } from 'node:path/posix';
import type { SourceFile } from '../source-files.js';
import { eachFile, file, isSpec, type Law } from './law.js';

/** Folders of src that are no features. */
const OTHER = new Set(['platform', 'app']);

const featureOf = ({ path }: SourceFile): string | undefined => {
  const folder = /^src\/([^/]+)\/./.exec(path)?.[1];
  return folder === undefined || OTHER.has(folder) ? undefined : folder;
};

const PORT = /(?<!\.typeorm)\.repository\.ts$/;
const ADAPTER = '.typeorm.repository.ts';

const inFeature = (one: SourceFile): boolean => featureOf(one) !== undefined && !isSpec(one);

/** Feature -> its files, tests left out, by their path inside the feature. */
function features(files: readonly SourceFile[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const one of files.filter(inFeature)) {
    const feature = featureOf(one)!;
    if (!found.has(feature)) found.set(feature, new Set());
    found.get(feature)!.add(one.path.slice(`src/${feature}/`.length));
  }
  return found;
}

function missingParts(files: readonly SourceFile[]): string[] {
  return [...features(files)].flatMap(([feature, members]) => {
    const parts: [string, (name: string) => boolean][] = [
      ['its index.ts', (name) => name === 'index.ts'],
      [`its ${feature}.feature.ts`, (name) => name === `${feature}.feature.ts`],
      [
        'a REST controller',
        (name) => name.endsWith('.controller.ts') && !name.endsWith('.grpc.controller.ts'),
      ],
      ['a gRPC controller', (name) => name.endsWith('.grpc.controller.ts')],
      ['a service', (name) => name.endsWith('.service.ts')],
      ['a port', (name) => PORT.test(name)],
    ];
    return parts
      .filter(([, fits]) => ![...members].some(fits))
      .map(([part]) => `src/${feature} lacks ${part}`);
  });
}

function portsWithoutAdapter(files: readonly SourceFile[]): string[] {
  return [...features(files)].flatMap(([feature, members]) =>
    [...members]
      .filter((name) => PORT.test(name))
      .map((name) => [name, name.replace('.repository.ts', '.typeorm.repository.ts')] as const)
      .filter(([, adapter]) => !members.has(adapter))
      .map(([name, adapter]) => `src/${feature}/${name} has no ${adapter}`),
  );
}

const deepFolder = ({ path }: SourceFile): string | undefined => {
  const inside = path.split('/').slice(2, -1).join('/');
  if (inside === 'dto') return undefined;
  if (basename(path).endsWith('.dto.ts')) return 'belongs into dto/';
  return inside === '' ? undefined : `lies in ${inside}/: a feature is flat but for dto/`;
};

function undocumentedMethod({ text }: SourceFile): string | undefined {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const method = /^\s+abstract (\w+)[(<]/.exec(line)?.[1];
    if (method === undefined) continue;
    let above = index - 1;
    while (/^\s*(@|[)\]}],?$)/.test(lines[above] ?? '')) above -= 1;
    if (!(lines[above] ?? '').trimEnd().endsWith('*/')) return `does not say what ${method} answers`;
  }
  return undefined;
}

export const FEATURE_LAWS: readonly Law[] = [
  {
    title: 'every feature has its front door, its declaration, both controllers, a service and a port',
    breaches: missingParts,
    planted: [
      [file('src/billing/billing.service.ts')],
      [
        file('src/billing/index.ts'),
        file('src/billing/billing.feature.ts'),
        file('src/billing/billing.grpc.controller.ts'),
        file('src/billing/billing.service.ts'),
        file('src/billing/bill.typeorm.repository.ts'),
      ],
    ],
  },
  {
    title: 'every port has its adapter',
    breaches: portsWithoutAdapter,
    planted: [[file('src/billing/bill.repository.ts')]],
  },
  {
    title: 'every adapter is named after the port it extends',
    breaches: eachFile(
      (one) => inFeature(one) && one.path.endsWith(ADAPTER),
      ({ text }) =>
        /^export class TypeOrm(\w+) extends \1\b/m.test(text) ? undefined : 'has no class TypeOrmX extends X',
    ),
    planted: [
      [file('src/billing/bill.typeorm.repository.ts', 'export class TypeOrmBillRepository {}')],
      [file('src/billing/bill.typeorm.repository.ts', 'export class SqlBills extends BillRepository {}')],
    ],
  },
  {
    title: 'a feature is flat but for dto/, where its DTOs are',
    breaches: eachFile(inFeature, deepFolder),
    planted: [[file('src/billing/domain/bill.ts')], [file('src/billing/bill.dto.ts')]],
  },
  {
    title: 'every question of a port is documented',
    breaches: eachFile((one) => inFeature(one) && PORT.test(one.path), undocumentedMethod),
    planted: [
      [
        file(
          'src/billing/bill.repository.ts',
          'abstract class BillRepository {\n  /** One. */\n  abstract a(): void;\n\n  abstract b(): void;\n}\n',
        ),
      ],
    ],
  },
  {
    title: 'no feature asks in which kind of process it runs',
    breaches: eachFile(inFeature, ({ text }) =>
      /\bDeployment(Settings|Mode|Layer|Link)\b|\bdeployment\.(mode|layer)\b/.test(text)
        ? 'asks for the deployment: defineFeature decides what runs where'
        : undefined,
    ),
    planted: [[file('src/billing/billing.service.ts', "if (config.deployment.mode === 'monolithic') {}")]],
  },
  {
    title: 'transactions are opened by adapters alone',
    breaches: eachFile(
      (one) => inFeature(one) && !one.path.endsWith('.typeorm.repository.ts'),
      ({ text }) => (text.includes('.transaction(') ? 'opens a transaction' : undefined),
    ),
    planted: [[file('src/billing/billing.service.ts', 'await this.database.transaction(async () => {});')]],
  },
];
