/** A needle that was found, by its name. */
export interface Passage {
  readonly what: string;
}

/** Every needle is at least so long. */
const WINDOW = 8;
const BITS = 18;
const BASE = 257;
/** Weight of the character that leaves the window. */
const LEAVING = Array.from({ length: WINDOW - 1 }).reduce<number>((power) => Math.imul(power, BASE), 1);

const slotOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - BITS);

/**
 * Looks for thousands of needles in megabytes of text in one pass: a rolling hash of eight characters is looked up at
 * each position, and only where it is known is anything compared (Rabin and Karp).
 * @param needles each at least eight characters, with its name
 */
export function findPassages(needles: ReadonlyMap<string, string>): (text: string) => Passage[] {
  const slots = new Map<number, string[]>();
  const filled = new Uint8Array(1 << BITS);
  for (const needle of needles.keys()) {
    const hash = hashOf(needle);
    filled[slotOf(hash)] = 1;
    slots.set(hash, [...(slots.get(hash) ?? []), needle]);
  }
  return (text) => {
    const found: Passage[] = [];
    let hash = hashOf(text);
    for (let start = 0; start + WINDOW <= text.length; start++) {
      if (filled[slotOf(hash)] === 1) {
        for (const needle of slots.get(hash) ?? [])
          if (text.startsWith(needle, start)) found.push({ what: needles.get(needle)! });
      }
      hash = (hash - Math.imul(text.charCodeAt(start), LEAVING)) | 0;
      hash = (Math.imul(hash, BASE) + text.charCodeAt(start + WINDOW)) | 0;
    }
    return found;
  };
}

/** Of the first eight characters. */
function hashOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < WINDOW; index++) hash = (Math.imul(hash, BASE) + text.charCodeAt(index)) | 0;
  return hash;
}
