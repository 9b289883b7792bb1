import { echoProtoDirectory, ECHO, startEchoApp, type EchoApp } from '../support/grpc-echo-app.js';
import { PythonPeer, pythonPeerMissing } from '../support/python-peer.js';

/** Skipped suites say why in their title, so that the report of a run shows it. */
const suite = pythonPeerMissing === undefined ? describe : describe.skip;
const reason = pythonPeerMissing === undefined ? '' : ` (skipped: ${pythonPeerMissing})`;

suite(`a client in Python${reason}`, () => {
  let echo: EchoApp;
  let peer: PythonPeer;

  beforeAll(async () => {
    echo = await startEchoApp();
    peer = new PythonPeer(echo.address, echoProtoDirectory);
  });
  afterAll(async () => {
    peer.close();
    await echo.close();
  });

  it('gets back every kind of field as it sent it', async () => {
    const everything = {
      text: 'ß€😀',
      maybe_text: '',
      number: -5,
      big: '9007199254740991',
      signed_big: '-9007199254740991',
      real: 0.1,
      flag: true,
      data: 'AP8=',
      colour: 'COLOUR_DARK_BLUE',
      light: 'LIGHT_STATE_ON',
      colours: ['COLOUR_RED', 'COLOUR_DARK_BLUE'],
      counts: { a: 1, __proto__x: 2 },
      painted: { wall: 'COLOUR_RED' },
      at: '1969-12-31T23:59:59.999Z',
      lasts: '900.250s',
      object: { a: null, b: [1, 'x', { c: true }], ü: -1.5e300 },
      any_json: [1, 2],
      mask: 'name,avatarUrl',
      wrapped: '',
      inner: { text: 'inside' },
      right: 0,
    };
    const { response, headers } = await peer.unary(
      `${ECHO}/Echo`,
      { everything },
      { 'x-request-id': 'from-python' },
    );
    expect(response).toEqual({ everything });
    expect(headers['x-request-id']).toBe('from-python');
  });

  it('reads the details of an error', async () => {
    const { error, trailers } = await peer.unary(`${ECHO}/Act`, { text: 'fail' }, { 'x-request-id': 'py-2' });
    expect(error).toEqual({
      code: 'ALREADY_EXISTS',
      message: 'The request conflicts with the current state.',
      details: [
        {
          '@type': 'google.rpc.ErrorInfo',
          reason: 'CONFLICT',
          domain: 'arcana.cloud',
          metadata: { request_id: 'py-2' },
        },
        {
          '@type': 'google.rpc.BadRequest',
          field_violations: [{ field: 'email', description: 'taken', reason: 'EMAIL_TAKEN' }],
        },
        { '@type': 'google.rpc.RequestInfo', request_id: 'py-2' },
      ],
    });
    expect(trailers['x-request-id']).toBe('py-2');
  });

  it('builds its types from what reflection tells, in both versions', async () => {
    const told = {
      services: [ECHO, 'grpc.health.v1.Health'],
      files: expect.arrayContaining([
        'arcana/test/v1/echo.proto',
        'google/protobuf/struct.proto',
        'google/protobuf/timestamp.proto',
      ]) as unknown,
      methods: ['Act', 'Count', 'Echo', 'Sum'],
    };
    expect(await peer.reflect(ECHO)).toEqual({ v1: told, v1alpha: told });
    expect((await peer.reflect('grpc.health.v1.Health')).v1.methods).toEqual(['Check', 'List', 'Watch']);
  });
});
