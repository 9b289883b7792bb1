import { Module, type DynamicModule, type InjectionToken, type Provider, type Type } from '@nestjs/common';
import { Exposer } from './exposer.js';
import type { Feature } from './feature.js';
import { LoopbackLink, standIn, type Link } from './link.js';
import { assertFullyRemote, type AbstractClass } from './remote.js';

/** How calls to services and ports travel in a process that has everything. */
export type LinkKind = 'direct' | 'loopback';

/** Token under which a class is found when its own token holds a stand-in. */
const realToken = (target: AbstractClass): InjectionToken => `real:${target.name}`;

interface Exposable {
  readonly target: AbstractClass;
  readonly implementation: Type;
}

const exposables = (feature: Feature): Exposable[] => [
  ...feature.services.map((service) => ({ target: service, implementation: service })),
  ...feature.repositories.map(({ port, adapter }) => ({ target: port, implementation: adapter })),
];

function direct({ target, implementation }: Exposable): Provider[] {
  return [
    target === implementation ? implementation : ({ provide: target, useClass: implementation } as Provider),
  ];
}

function looped({ target, implementation }: Exposable): Provider[] {
  return [
    { provide: realToken(target), useClass: implementation },
    {
      provide: target as Type,
      inject: [Exposer, LoopbackLink, realToken(target)],
      useFactory: (exposer: Exposer, link: Link, real: object) => {
        exposer.expose(target, real);
        return standIn(target, link);
      },
    },
  ];
}

/**
 * The Nest module of one feature in a process that has everything.
 * @param below modules of the features that stand before it: their services and ports may be injected.
 * @throws Error when a class that crosses layers has an unmarked public method.
 */
export function featureModule(feature: Feature, link: LinkKind, below: DynamicModule[]): DynamicModule {
  const exposed = exposables(feature);
  for (const { target } of exposed) assertFullyRemote(target);
  const module = class {};
  Object.defineProperty(module, 'name', { value: `${feature.name}Module` });
  Module({})(module);
  return {
    module,
    imports: [...below, ...feature.imports],
    controllers: [...feature.controllers],
    providers: [
      ...exposed.flatMap(link === 'loopback' ? looped : direct),
      ...feature.jobs,
      ...feature.providers,
    ],
    exports: exposed.map(({ target }) => target as Type),
  };
}

/** Binds the ports of platform rooms to the features that answer for them, for everybody: rooms know no feature. */
export function answersModule(features: readonly Feature[], modules: DynamicModule[]): DynamicModule {
  const answers = features.flatMap((feature) => feature.answers);
  return {
    module: class AnswersModule {},
    global: true,
    imports: modules,
    providers: answers.map(({ port, by }) => ({ provide: port as Type, useExisting: by as Type })),
    exports: answers.map(({ port }) => port as Type),
  };
}
