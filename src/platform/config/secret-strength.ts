/** Words of seven letters and more: shorter ones turn up in random secrets by chance. */
const PLACEHOLDER =
  /change.?me|change.?this|placeholder|your.?(jwt.?)?secret|super.?secret|my.?secret|secret.?key|example|replace.?(me|this)|insecure|password|default/i;

/** Below what 16 random bytes give in any usual spelling, above what a phrase of one word repeated gives. */
const LEAST_BITS = 80;

/**
 * Why a signing secret must not be used in production, or undefined when nothing speaks against it.
 *
 * A guess in one direction only: it finds placeholders copied from a document and secrets typed by hand, it cannot
 * prove that one is random. The answer never contains the secret.
 */
export function weaknessOf(secret: string): string | undefined {
  if (PLACEHOLDER.test(secret)) return 'looks like a placeholder';
  if (isRepeated(secret) || isMostlySequence(secret) || estimatedBits(secret) < LEAST_BITS) {
    return 'is too easy to guess';
  }
  return undefined;
}

/** abcabcabc: the text is found in its own double before the end. */
function isRepeated(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length;
}

/** abcdef..., 98765..., aaaa...: most characters follow from the one before. */
function isMostlySequence(text: string): boolean {
  let steps = 0;
  for (let index = 1; index < text.length; index++) {
    if (Math.abs(text.charCodeAt(index) - text.charCodeAt(index - 1)) <= 1) steps++;
  }
  return steps > text.length / 2;
}

/** Shannon's estimate from the frequencies of the characters, in bits for the whole text. */
function estimatedBits(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / text.length);
  return bits;
}
