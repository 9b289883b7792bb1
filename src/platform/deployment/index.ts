/**
 * Deployment: how one code base becomes one process or several. A feature is declared once; calls to its services and
 * ports are direct, or cross a link as plain validated data.
 */
export { assertFullyRemote, Remote, remoteMethods, RemotePort } from './remote.js';
export type { RemoteContract, RemoteMethod } from './remote.js';
export { decode, listOf, Nothing, nullable, optional } from './wire-type.js';
export type { WireType } from './wire-type.js';
export { defineFeature } from './feature.js';
export type { Feature, PortBinding } from './feature.js';
export { Exposer } from './exposer.js';
export { Link, LoopbackLink, standIn } from './link.js';
export { answersModule, featureModule } from './role.js';
export type { LinkKind } from './role.js';
