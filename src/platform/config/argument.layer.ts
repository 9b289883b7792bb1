import { hintForPath, settingAt } from './known-settings.js';
import { type Layer, printable } from './written-setting.js';

/** Reads `--section.key=value` and `--section.key value`; of two for one key the later wins, as in every shell tool. */
export function readArgumentLayer(argv: readonly string[]): Layer {
  const layer: Layer = { settings: [], problems: [] };
  for (let index = 0; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (!argument.startsWith('--')) {
      // Not shown: it may be the second word of a secret that was not quoted.
      layer.problems.push(
        `Argument ${index + 1} belongs to no setting: write settings as --section.key=value.`,
      );
      continue;
    }
    const equals = argument.indexOf('=');
    const path = argument.slice(2, equals === -1 ? undefined : equals);
    const hasNextValue = equals === -1 && argv[index + 1] !== undefined && !argv[index + 1]?.startsWith('--');
    const raw = equals === -1 ? (hasNextValue ? argv[++index] : undefined) : argument.slice(equals + 1);
    const writtenAs = `--${printable(path)}`;
    const setting = settingAt(path);
    if (!setting) {
      layer.problems.push(`${writtenAs} is not a known setting.${hintForPath(path)}`);
    } else if (raw === undefined) {
      layer.problems.push(`${writtenAs} needs a value: write ${writtenAs}=value.`);
    } else {
      layer.settings.push({
        setting,
        raw,
        writtenAs,
        source: 'command line',
        isText: true,
        isFromFile: false,
      });
    }
  }
  return layer;
}
