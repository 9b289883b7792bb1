import { validateSync } from 'class-validator';
import { ArcanaConfig } from './arcana-config.js';
import { Section, Setting, settingsOf } from './setting.js';

class Inner {
  @Setting({ type: 'integer', min: 1, max: 9, description: 'A number.' })
  some_number: number = 3;
}

class Outer {
  @Setting({ type: 'text', optional: true, secret: true, description: 'A text.' })
  word?: string;

  @Section(Inner)
  inner: Inner = new Inner();
}

describe('settings of a schema', () => {
  it('are listed in the order of declaration, with dotted key, environment name and default', () => {
    expect(settingsOf(Outer).map(({ path, env, default: value }) => [path, env, value])).toEqual([
      ['word', 'ARCANA_WORD', undefined],
      ['inner.some_number', 'ARCANA_INNER__SOME_NUMBER', 3],
    ]);
  });

  it('carry their description and whether they are secret', () => {
    expect(settingsOf(Outer)[0]?.options).toEqual({
      type: 'text',
      optional: true,
      secret: true,
      description: 'A text.',
    });
  });

  it('are validated inside their sections too', () => {
    const outer = new Outer();
    outer.inner.some_number = 10;
    expect(validateSync(outer)[0]?.children?.[0]?.constraints).toMatchObject({
      max: 'must be a whole number from 1 to 9',
    });
  });
});

describe('the schema of the product', () => {
  const settings = settingsOf(ArcanaConfig);

  it('accepts its own defaults', () => {
    expect(validateSync(new ArcanaConfig())).toEqual([]);
  });

  it('gives each setting a default, or says that it is optional', () => {
    const wrong = settings.filter(
      ({ options, default: value }) => (value === undefined) !== Boolean(options.optional),
    );
    expect(wrong).toEqual([]);
  });

  it('hides every setting whose name says that it is a secret', () => {
    const secretNames = settings.filter(({ name }) => /secret|password$|_key$|token/.test(name));
    expect(secretNames.map(({ path, options }) => [path, options.secret])).toEqual([
      ['security.jwt_secret', true],
      ['bootstrap.admin_password', true],
      ['mail.smtp.password', true],
      ['sync.secret', true],
    ]);
  });

  it('has no setting whose environment name is another one read from a file', () => {
    const names = new Set(settings.map(({ env }) => env));
    expect(settings.filter(({ env }) => names.has(`${env}_FILE`))).toEqual([]);
  });

  it('describes each setting in a sentence', () => {
    expect(settings.filter(({ options }) => !/^[A-Z].*\.$/.test(options.description))).toEqual([]);
  });
});
