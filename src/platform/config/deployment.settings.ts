import { Setting } from './setting.js';

export const ENVIRONMENTS = ['development', 'staging', 'production'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export const DEPLOYMENT_MODES = [
  'monolithic',
  'layered_http',
  'layered_grpc',
  'kubernetes_http',
  'kubernetes_grpc',
] as const;
export type DeploymentMode = (typeof DEPLOYMENT_MODES)[number];

export const DEPLOYMENT_LAYERS = [
  'all',
  'controller',
  'service',
  'repository',
  'worker',
  'scheduler',
] as const;
export type DeploymentLayer = (typeof DEPLOYMENT_LAYERS)[number];

export const DEPLOYMENT_LINKS = ['direct', 'loopback'] as const;
export type DeploymentLink = (typeof DEPLOYMENT_LINKS)[number];

/** How the product is spread over processes, and which part this process is. */
export class DeploymentSettings {
  @Setting({
    type: 'choice',
    values: DEPLOYMENT_MODES,
    lenient: true,
    description:
      'How the product is spread over processes; spellings such as layeredgrpc or layered-grpc are understood. This release runs monolithic.',
  })
  mode: DeploymentMode = 'monolithic';

  @Setting({
    type: 'choice',
    values: DEPLOYMENT_LAYERS,
    description: 'Which part of the product this process is. This release runs all.',
  })
  layer: DeploymentLayer = 'all';

  @Setting({
    type: 'choice',
    values: DEPLOYMENT_LINKS,
    description:
      'How services and repositories are called inside one process: direct, or loopback, which sends every call through serialisation and validation and exists for tests.',
  })
  link: DeploymentLink = 'direct';
}
