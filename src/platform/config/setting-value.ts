import { validateSync } from 'class-validator';
import type { SettingEntry } from './setting.js';
import { printable, type WrittenSetting } from './written-setting.js';

const FLAGS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

/**
 * Turns what stood in a source into a value of the setting's type.
 *
 * What does not convert is returned unchanged and fails the rules that follow, so there is one message per rule.
 */
export function valueOf({ setting, raw, isText }: WrittenSetting): unknown {
  const { options } = setting;
  if (typeof raw !== 'string') return raw;
  if (options.type === 'choice' && options.lenient) return likeOneOf(raw, options.values);
  if (!isText) return raw;
  switch (options.type) {
    case 'integer':
      // Number() would also take '', ' 1', 0x10 and 1e3.
      return /^(0|-?[1-9]\d*)$/.test(raw) && Number.isSafeInteger(Number(raw)) ? Number(raw) : raw;
    case 'flag':
      return FLAGS.get(raw) ?? raw;
    case 'list':
      return raw === '' ? [] : raw.split(',').map((item) => item.trim());
    default:
      return raw;
  }
}

/** layeredgrpc, Layered-gRPC and layered_grpc are one mode. */
function likeOneOf(text: string, values: readonly string[]): string {
  const plain = (value: string) => value.toLowerCase().replace(/[-_ ]/g, '');
  return values.find((value) => plain(value) === plain(text)) ?? text;
}

/** The first broken rule of one value as a sentence, or undefined. The value is shown unless it may be a secret. */
export function problemOf(written: WrittenSetting, value: unknown): string | undefined {
  const rule = brokenRule(written.setting, value);
  return rule && `${written.writtenAs} ${rule}${shownValue(written)}.`;
}

function brokenRule({ section, name }: SettingEntry, value: unknown): string | undefined {
  const holder = Object.assign(new section(), { [name]: value });
  const error = validateSync(holder, { stopAtFirstError: true }).find(({ property }) => property === name);
  return Object.values(error?.constraints ?? {})[0];
}

function shownValue({ setting, raw, isFromFile }: WrittenSetting): string {
  const { options } = setting;
  if (options.secret || isFromFile || raw === '') return '';
  if (options.type === 'url') {
    const scheme = typeof raw === 'string' ? /^[a-z][a-z0-9+.-]{0,20}:\/\//i.exec(raw)?.[0] : undefined;
    return scheme && !options.schemes.includes(scheme.slice(0, -3).toLowerCase())
      ? `, but starts with ${scheme}`
      : '';
  }
  return `, but is ${typeof raw === 'string' ? `"${printable(raw)}"` : shownTyped(raw)}`;
}

/** Lists and tables as JSON; JSON knows neither inf nor nan. */
function shownTyped(raw: unknown): string {
  const text = typeof raw === 'number' ? String(raw) : JSON.stringify(raw);
  return printable(text).replaceAll('\\"', '"');
}
