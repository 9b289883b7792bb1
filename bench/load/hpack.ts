/**
 * The little of HPACK (RFC 7541) a load generator needs: the same header list again and again. The
 * first block puts every field into the dynamic table, later blocks are one byte per field, as with
 * any client that keeps its connection.
 */

const FIRST_DYNAMIC_INDEX = 62;
/** Bytes the table counts per entry beside name and value (RFC 7541, 4.1), and its size by default. */
const ENTRY_OVERHEAD = 32;
const TABLE_SIZE = 4096;

export interface HeaderBlocks {
  first: Buffer;
  later: Buffer;
}

/** Encodes `fields` once with and once by reference to the dynamic table; pseudo fields come first. */
export function encodeHeaders(fields: [name: string, value: string][]): HeaderBlocks {
  const size = fields.reduce((sum, [name, value]) => sum + name.length + value.length + ENTRY_OVERHEAD, 0);
  if (size > TABLE_SIZE)
    throw new Error(`${size} bytes of header do not fit into the table of ${TABLE_SIZE}.`);
  return {
    first: Buffer.concat(
      fields.flatMap(([name, value]) => [Buffer.from([0x40]), encodeString(name), encodeString(value)]),
    ),
    // The newest entry has the lowest index.
    later: Buffer.from(
      fields.map((_, position) => 0x80 | (FIRST_DYNAMIC_INDEX + fields.length - 1 - position)),
    ),
  };
}

function encodeString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([encodeLength(bytes.length), bytes]);
}

/** An integer with a 7-bit prefix (RFC 7541, 5.1), not Huffman coded. */
function encodeLength(length: number): Buffer {
  if (length < 127) return Buffer.from([length]);
  const bytes = [127];
  let rest = length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}
