import { RouteConfig } from '@nestjs/platform-fastify';

interface CompressionConfig {
  uncompressed?: boolean;
}

/** For routes whose answers are always small: they do not pay for the decision whether to compress. */
export const Uncompressed = (): MethodDecorator =>
  RouteConfig({ uncompressed: true } satisfies CompressionConfig);

/** Whether the route with this configuration was declared so. */
export const isUncompressed = (config: unknown): boolean =>
  (config as CompressionConfig | undefined)?.uncompressed === true;
