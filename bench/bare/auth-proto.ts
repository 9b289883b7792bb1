import { join } from 'node:path';
import {
  loadPackageDefinition,
  type MethodDefinition,
  type ServiceClientConstructor,
  type ServiceDefinition,
} from '@grpc/grpc-js';
import { loadSync, type Options } from '@grpc/proto-loader';
import { projectRoot } from '../../src/platform/config/project-root.ts';

export const AUTH_PACKAGE = 'arcana.auth.v1';
export const AUTH_PROTO = 'arcana/auth/v1/auth.proto';
export const VALIDATE_TOKEN = '/arcana.auth.v1.AuthService/ValidateToken';

/**
 * The loader's usual options, field names as in the proto. Without `defaults`: fields an answer does not set
 * would go out as zeros, which is two bytes more than the product sends.
 */
export const LOADER_OPTIONS: Options = {
  keepCase: true,
  longs: String,
  enums: String,
  oneofs: true,
  includeDirs: [join(projectRoot(), 'proto')],
};

/** The service definition of arcana.auth.v1.AuthService. */
export function authServiceDefinition(): ServiceDefinition {
  const loaded = loadPackageDefinition(loadSync(AUTH_PROTO, LOADER_OPTIONS)) as unknown as {
    arcana: { auth: { v1: { AuthService: ServiceClientConstructor } } };
  };
  return loaded.arcana.auth.v1.AuthService.service;
}

function validateTokenMethod(): MethodDefinition<object, object> {
  const method = authServiceDefinition()['ValidateToken'];
  if (!method) throw new Error('The proto has no ValidateToken.');
  return method as MethodDefinition<object, object>;
}

/** Decodes an answer of ValidateToken into the plain object a handler returns. */
export function decodeAnswer(base64: string): object {
  return validateTokenMethod().responseDeserialize(Buffer.from(base64, 'base64'));
}

/** Encoders of both messages of ValidateToken. */
export const encodeValidateToken = {
  request: (message: { access_token: string }): Buffer => validateTokenMethod().requestSerialize(message),
  answer: (message: { valid: boolean }): Buffer => validateTokenMethod().responseSerialize(message),
};
