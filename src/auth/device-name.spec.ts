import { describe, expect, test } from '@jest/globals';
import { deviceNameOf } from './device-name.js';

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)';

describe('the name of a device', () => {
  test.each([
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36`,
      'Chrome on Windows',
    ],
    [
      `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`,
      'Edge on Windows',
    ],
    ['Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0', 'Firefox on Linux'],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
      'Safari on macOS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
      'Safari on iPhone',
    ],
    [
      `Mozilla/5.0 (Linux; Android 10; K) ${WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36`,
      'Chrome on Android',
    ],
    ['curl/8.5.0', 'curl'],
    ['grpc-node-js/1.14.7', 'grpc-node-js'],
    ['python-requests/2.32.3', 'python-requests'],
    ['node', 'node'],
  ])('is told by %j', (userAgent, name) => {
    expect(deviceNameOf(userAgent)).toBe(name);
  });

  test.each([
    undefined,
    null,
    '',
    'Mozilla/5.0',
    '<script>alert(1)</script>',
    '\u202Etxt.exe',
    '/'.repeat(512),
  ])('is unknown for %j', (userAgent) => {
    expect(deviceNameOf(userAgent)).toBe('Unknown device');
  });
});
