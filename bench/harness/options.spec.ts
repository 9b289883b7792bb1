import { FULL, QUICK, readOptions } from './options.ts';

describe('the command line of the bench', () => {
  it('measures every scenario at full size when nothing is said', () => {
    expect(readOptions([])).toEqual({
      quick: false,
      strict: false,
      withArcana: true,
      scenarios: [],
      size: FULL,
    });
  });

  it('takes scenarios and the number and length of rounds', () => {
    const options = readOptions(['--quick', '--scenario', 'login', '--rounds', '2', '--seconds', '4']);
    expect(options.scenarios).toEqual(['login']);
    expect(options.size).toEqual({ ...QUICK, rounds: 2, window: { ...QUICK.window, seconds: 4 } });
  });

  it.each([['--rounds', '0'], ['--seconds', 'long'], ['--fast']])('refuses %s %s', (...commandLine) => {
    expect(() => readOptions(commandLine)).toThrow();
  });
});
