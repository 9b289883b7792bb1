import { NOBODY, rest, rpc, type Routes, type Rpcs } from './expected.js';

const { admins, operators } = rest;

export const USER_ROUTES: Routes = [
  ['GET /api/v1/users', undefined, admins(200)],
  ['POST /api/v1/users', {}, admins(422)],
  ['GET /api/v1/users/export', undefined, admins(200)],
  ['POST /api/v1/users/import', {}, admins(415)],
  ['GET /api/v1/users/imports/{nobody}', undefined, admins(404)],
  ['GET /api/v1/users/imports/{nobody}/report', undefined, admins(404)],
  ['GET /api/v1/users/{id}', undefined, { ...operators(200), self: 200 }],
  ['PUT /api/v1/users/{id}', {}, { ...admins(422), self: 422 }],
  ['POST /api/v1/users/{nobody}/unlock', undefined, { ...admins(404), self: 403 }],
  ['PATCH /api/v1/users/{id}', { name: '' }, { ...admins(422), self: 422 }],
  ['DELETE /api/v1/users/{nobody}', undefined, { ...admins(404), self: 403 }],
  ['PATCH /api/v1/users/{id}/role', {}, { ...admins(422), self: 403 }],
  ['PATCH /api/v1/users/{id}/status', {}, { ...admins(422), self: 403 }],
  ['POST /api/v1/users/{nobody}/restore', undefined, { ...admins(404), self: 403 }],
];

export const USER_RPCS: Rpcs = [
  ['arcana.user.v1.UserService/GetUser', { id: '{id}' }, { ...rpc.operators('OK'), self: 'OK' }],
  ['arcana.user.v1.UserService/GetUserByEmail', { email: 'nobody@example.test' }, rpc.operators('NOT_FOUND')],
  ['arcana.user.v1.UserService/ListUsers', {}, rpc.admins('OK')],
  ['arcana.user.v1.UserService/CreateUser', {}, rpc.admins('INVALID_ARGUMENT')],
  [
    'arcana.user.v1.UserService/UpdateUser',
    { id: '{id}', user: { name: '' } },
    { ...rpc.admins('INVALID_ARGUMENT'), self: 'INVALID_ARGUMENT' },
  ],
  ['arcana.user.v1.UserService/DeleteUser', { id: NOBODY }, rpc.admins('NOT_FOUND')],
  [
    'arcana.user.v1.UserService/UpdateUserRole',
    { id: '{id}' },
    { ...rpc.admins('INVALID_ARGUMENT'), self: 'PERMISSION_DENIED' },
  ],
  [
    'arcana.user.v1.UserService/UpdateUserStatus',
    { id: '{id}' },
    { ...rpc.admins('INVALID_ARGUMENT'), self: 'PERMISSION_DENIED' },
  ],
  ['arcana.user.v1.UserService/EmailExists', { email: 'nobody@example.test' }, rpc.operators('OK')],
];
