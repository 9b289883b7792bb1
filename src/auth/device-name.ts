/** First match wins: most browsers also call themselves what they are not. */
const PROGRAMS: readonly [RegExp, string][] = [
  [/\b(?:Edg|Edge|EdgA|EdgiOS)\//, 'Edge'],
  [/\b(?:OPR|OPT|Opera)\//, 'Opera'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bYaBrowser\//, 'Yandex Browser'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Chrome|CriOS|Chromium|HeadlessChrome)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
];

const SYSTEMS: readonly [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
];

/** `curl/8.5.0`, `grpc-node-js/1.14.7`, `python-requests/2.32`: the product token that comes first. Source: RFC 9110, 10.1.5. */
const PRODUCT = /^([A-Za-z0-9][\w.+-]{0,39})(?:\/|\s|$)/;
const UNKNOWN = 'Unknown device';

const nameIn = (table: readonly [RegExp, string][], text: string): string | undefined =>
  table.find(([pattern]) => pattern.test(text))?.[1];

/**
 * What the owner of a session may recognise it by, out of the header User-Agent. Made of words of ours, or of one plain
 * token: the header is a stranger's text.
 * @param userAgent absent when none was sent
 */
export function deviceNameOf(userAgent: string | null | undefined): string {
  if (!userAgent) return UNKNOWN;
  const [program, system] = [nameIn(PROGRAMS, userAgent), nameIn(SYSTEMS, userAgent)];
  if (program && system) return `${program} on ${system}`;
  const product = PRODUCT.exec(userAgent)?.[1];
  return program ?? system ?? (product === 'Mozilla' ? UNKNOWN : (product ?? UNKNOWN));
}
