import { bootApplication } from '../support/application.js';
import { KeyMount, newKeyPair } from '../support/key-files.js';

it('a start with a broken key, or without any, ends in one sentence about it and opens nothing [F13, F14]', async () => {
  const mount = await KeyMount.create({ 'a.pem': newKeyPair('ES256').pem, 'b.pem': 'nonsense' });
  const start = () =>
    bootApplication({
      ARCANA_SECURITY__JWT_ALGORITHM: 'ES256',
      ARCANA_SECURITY__JWT_KEYS_DIRECTORY: mount.path,
    });
  const refusal = (problem: string) => ({ name: 'ConfigurationError', problems: [problem] });
  await expect(start()).rejects.toMatchObject(
    refusal(`${mount.path}/b.pem holds no unencrypted private or public key in PEM form.`),
  );
  await mount.swap({});
  await expect(start()).rejects.toMatchObject(
    refusal(
      `${mount.path} holds no key to sign with: make one with npm run keys -- ES256 and this directory.`,
    ),
  );
  await mount.swap({ 'a.pem': newKeyPair('ES256').pem });
  const app = await start();
  await app.close();
  await mount.remove();
});
