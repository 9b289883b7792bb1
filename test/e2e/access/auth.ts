import { rest, rpc, type Routes, type Rpcs } from './expected.js';

const { admins, allButKeys, everyone, persons, signedIn } = rest;

export const AUTH_ROUTES: Routes = [
  ['POST /api/v1/auth/register', {}, everyone(422)],
  ['POST /api/v1/auth/login', {}, everyone(422)],
  ['POST /api/v1/auth/refresh', {}, everyone(422)],
  ['POST /api/v1/auth/reset-password', {}, everyone(422)],
  ['POST /api/v1/auth/forgot-password', {}, everyone(422)],
  ['POST /api/v1/auth/verify-email', {}, everyone(422)],
  ['POST /api/v1/auth/resend-verification', undefined, persons(202)],
  ['POST /api/v1/users/{nobody}/reset-password', undefined, admins(404)],
  ['POST /api/v1/auth/logout', { refresh_token: 5 }, allButKeys(422)],
  ['POST /api/v1/auth/change-password', {}, persons(422)],
  ['GET /api/v1/auth/sessions', undefined, persons(200)],
  ['DELETE /api/v1/auth/sessions/{nobody}', undefined, persons(404)],
  ['POST /api/v1/auth/logout-all', undefined, persons(204)],
  ['GET /api/v1/auth/me', undefined, signedIn(200)],
  ['GET /.well-known/jwks.json', undefined, everyone(200)],
  ['GET /api/v1/auth/api-keys', undefined, persons(200)],
  ['POST /api/v1/auth/api-keys', {}, persons(422)],
  ['GET /api/v1/auth/api-keys/{nobody}', undefined, persons(404)],
  ['DELETE /api/v1/auth/api-keys/{nobody}', undefined, persons(404)],
];

export const AUTH_RPCS: Rpcs = [
  ['arcana.auth.v1.AuthService/Register', {}, rpc.everyone('INVALID_ARGUMENT')],
  ['arcana.auth.v1.AuthService/Login', {}, rpc.everyone('INVALID_ARGUMENT')],
  ['arcana.auth.v1.AuthService/RefreshToken', {}, rpc.everyone('INVALID_ARGUMENT')],
  ['arcana.auth.v1.AuthService/ValidateToken', {}, rpc.everyone('OK')],
  ['arcana.auth.v1.AuthService/Logout', { refresh_token: '' }, rpc.allButKeys('INVALID_ARGUMENT')],
  ['arcana.auth.v1.AuthService/ChangePassword', {}, rpc.persons('INVALID_ARGUMENT')],
  ['arcana.auth.v1.AuthService/LogoutAll', {}, rpc.persons('OK')],
  ['arcana.auth.v1.AuthService/GetCurrentUser', {}, rpc.signedIn('OK')],
];
