import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigDirectory, problems, problemsIn } from '../../../test/support/config-directory.js';

describe('a variable that names a file', () => {
  const name = 'ARCANA_BOOTSTRAP__ADMIN_PASSWORD_FILE';

  it.each([
    ['missing', 'does not exist'],
    ['folder', 'is a directory, not a file'],
    ['empty', 'is empty'],
    ['newline', 'is empty'],
    ['binary', 'is not UTF-8 text'],
    ['big', 'is larger than 65536 bytes'],
    ['empty/below', 'does not exist'],
    ['\0', 'is not a usable file name'],
    ['', 'has no name: give it a path, or leave the variable out'],
    ['x'.repeat(5000), 'is not a usable file name'],
    ['/dev/zero', 'is not a regular file'],
  ])('that cannot be used stops the start: %j', (file, reason) => {
    using directory = new ConfigDirectory({
      empty: '',
      newline: '\n',
      binary: Uint8Array.of(0xff, 0xfe),
      big: 'x'.repeat(65_537),
    });
    mkdirSync(join(directory.path, 'folder'));
    expect(problemsIn(directory.path, { env: { [name]: file } })).toEqual([
      `${name} names a file that ${reason}.`,
    ]);
  });

  it('cannot stand beside the variable itself', () => {
    using directory = new ConfigDirectory({ password: 'x' });
    const both = { [name]: 'password', ARCANA_BOOTSTRAP__ADMIN_PASSWORD: 'y' };
    expect(problemsIn(directory.path, { env: both })).toEqual([
      `ARCANA_BOOTSTRAP__ADMIN_PASSWORD and ${name} are both set: keep one of them.`,
    ]);
  });

  it('in .env cannot stand beside the variable there either', () => {
    const files = { '.env': `${name}=password\nARCANA_BOOTSTRAP__ADMIN_PASSWORD=y`, password: 'x' };
    expect(problems({ files })).toEqual([
      `ARCANA_BOOTSTRAP__ADMIN_PASSWORD and ${name} are both set in .env: keep one of them.`,
    ]);
  });
});

describe('a configuration file', () => {
  it('that is no TOML is reported with line and column', () => {
    expect(problems({ files: { 'config/default.toml': '[server]\n\nport 1' } })).toEqual([
      expect.stringMatching(/^config\/default\.toml is not valid TOML at line 3, column \d+: .+\.$/),
    ]);
  });

  it('that sets a key twice is reported', () => {
    expect(
      problems({ files: { 'config/default.toml': 'data_directory = "a"\ndata_directory = "b"' } })[0],
    ).toMatch(/^config\/default\.toml is not valid TOML at line 2, column \d+: trying to redefine/);
  });

  it('that is a directory is reported, .env too', () => {
    using directory = new ConfigDirectory();
    mkdirSync(join(directory.path, 'config', 'local.toml'), { recursive: true });
    mkdirSync(join(directory.path, '.env'));
    expect(problemsIn(directory.path, {})).toEqual([
      'config/local.toml is a directory, not a file.',
      '.env is a directory, not a file.',
    ]);
  });

  it('that is not UTF-8 is reported, and a byte order mark is not', () => {
    expect(problems({ files: { 'config/local.toml': Uint8Array.of(0xc3, 0x28) } })).toEqual([
      'config/local.toml is not UTF-8 text.',
    ]);
    expect(
      problems({
        files: { 'config/local.toml': '\ufeffdata_directory = "x"', '.env': '\ufeffARCANA_MAIL__FROM=x' },
      }),
    ).toEqual([]);
  });

  it('may be empty', () => {
    expect(problems({ files: { 'config/default.toml': '', '.env': '' } })).toEqual([]);
  });

  it('cannot set what chose it', () => {
    const found = problems({
      files: {
        'config/default.toml': 'environment = "production"',
        'config/monolithic.toml': '[deployment]\nmode = "layered_grpc"',
      },
    });
    expect(found).toEqual([
      'environment in config/default.toml cannot be set there: it chooses the files, so only ARCANA_ENVIRONMENT or --environment can set it.',
      'deployment.mode in config/monolithic.toml cannot be set there: it chose this file, so set it in another source.',
    ]);
  });
});

describe('the command line', () => {
  it('needs a value for each setting', () => {
    expect(problems({ argv: ['--server.rest.docs', '--server.rest.port'] })).toEqual([
      '--server.rest.docs needs a value: write --server.rest.docs=value.',
      '--server.rest.port needs a value: write --server.rest.port=value.',
    ]);
  });

  it('takes nothing but settings', () => {
    expect(problems({ argv: ['start', '-p', '--', '--help'] })).toEqual([
      'Argument 1 belongs to no setting: write settings as --section.key=value.',
      'Argument 2 belongs to no setting: write settings as --section.key=value.',
      '-- is not a known setting.',
      '--help is not a known setting.',
    ]);
  });
});
