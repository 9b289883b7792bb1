import { AppError } from '../platform/errors/index.js';
import type { TransferFormat } from './dto/user-import.dto.js';
import type { FileRow } from './file-row.js';
import { openImportFile } from './import-file.js';
import { inChunks, readChunk } from './staged-rows.js';

async function* bytes(file: string | Buffer, size = 65_536): AsyncGenerator<Buffer> {
  await Promise.resolve();
  const all = Buffer.from(file as string);
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size);
}

async function rowsOf(format: TransferFormat, file: string | Buffer, size?: number): Promise<FileRow[]> {
  const rows: FileRow[] = [];
  for await (const row of (await openImportFile(format, bytes(file, size))).rows) rows.push(row);
  return rows;
}

const csv = (file: string | Buffer, size?: number) => rowsOf('csv', file, size);
const ndjson = (file: string | Buffer, size?: number) => rowsOf('ndjson', file, size);

/** Status, and the codes of what is wrong, by field. */
async function complaint(reading: Promise<unknown>): Promise<[string, Record<string, string>]> {
  const error = (await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as AppError;
  expect(error).toBeInstanceOf(AppError);
  return [error.code, Object.fromEntries(error.fields.map(({ field, code }) => [field, code]))];
}

const ADA = { name: 'Ada', email: 'ada@example.com' };

describe('a CSV file of accounts', () => {
  it('is the same whatever its line ends, its byte order mark, and the places where it was cut', async () => {
    const expected = [
      { row: 1, fields: ADA },
      { row: 2, fields: { name: 'Grace "Amazing"\r\nHopper, é', email: 'grace@example.com' } },
    ];
    for (const end of ['\n', '\r\n', '\r']) {
      const file = `\uFEFFname,email${end}Ada,ada@example.com${end}${end}"Grace ""Amazing""\r\nHopper, é",grace@example.com${end}`;
      for (const size of [1, 2, 7, 65_536]) expect(await csv(file, size)).toEqual(expected);
    }
    expect(await csv('name,email\r\nA,a@b.cd\nB,b@b.cd\rC,c@b.cd')).toHaveLength(3);
  });

  it('is refused at once for columns that are unknown, missing or there twice', async () => {
    expect(await complaint(csv('name,mail,password,name\nA,b,c,d'))).toEqual([
      'VALIDATION_FAILED',
      { mail: 'UNKNOWN_FIELD', password: 'UNKNOWN_FIELD', email: 'REQUIRED', name: 'DUPLICATE_COLUMN' },
    ]);
    expect(await complaint(csv('__proto__,name,email\na,b,c'))).toEqual([
      'VALIDATION_FAILED',
      { ['__proto__']: 'UNKNOWN_FIELD' },
    ]);
  });

  it('is refused when it is empty, or a header alone', async () => {
    for (const file of ['', '\uFEFF', '\n\n', 'name,email', 'name,email\r\n\r\n']) {
      expect(await complaint(csv(file))).toEqual(['VALIDATION_FAILED', { '': 'IMPORT_EMPTY' }]);
    }
  });

  it('is refused when it is no UTF-8, or its quotes do not close', async () => {
    const broken = ['MALFORMED_REQUEST', { '': 'IMPORT_FILE_BROKEN' }];
    expect(await complaint(csv(Buffer.from('name,email\nAd\xe9,a@b.cd', 'latin1')))).toEqual(broken);
    expect(await complaint(csv(Buffer.from('\uFEFFname,email\nA,a@b.cd', 'utf16le')))).toEqual(broken);
    expect(await complaint(csv('name,email\n"A,a@b.cd\nB,b@b.cd\n'))).toEqual(broken);
    expect(await complaint(csv('name,email\n"A"x,a@b.cd\n'))).toEqual(broken);
    expect(await complaint(csv(Buffer.from([...Buffer.from('name,email\nA,a@b.c'), 0xc3])))).toEqual(broken);
  });

  it('is read no further than a cell of megabytes, a row of a million cells, or of a million quotes', async () => {
    const large = ['PAYLOAD_TOO_LARGE', { '': 'IMPORT_TOO_LARGE' }];
    for (const row of ['x'.repeat(10_000_000), ','.repeat(1_000_000), `"${'""'.repeat(1_000_000)}"`]) {
      expect(await complaint(csv(`name,email\n${row}\n`))).toEqual(large);
      expect(await complaint(csv(`${row}\nname,email\n`))).toEqual(large);
    }
  });

  it('names the rows in which cells are missing or metadata are no JSON, and goes on', async () => {
    const rows = await csv('name,email,metadata\nA\nB,b@b.cd,{x\nC,c@b.cd,"{""a"":[1]}"\n');
    expect(rows.map(({ row, errors }) => [row, errors?.[0]?.code])).toEqual([
      [1, 'MALFORMED_ROW'],
      [2, 'IS_JSON'],
      [3, undefined],
    ]);
    expect(rows[2]!.fields!.metadata).toEqual({ a: [1] });
  });
});

describe('an NDJSON file of accounts', () => {
  it('is the same whatever its line ends and the places where it was cut', async () => {
    const file = `${JSON.stringify({ ...ADA, name: 'Adé', role: null })}\r\n\r\n \n${JSON.stringify(ADA)}`;
    for (const size of [1, 3, 65_536]) {
      expect(await ndjson(file, size)).toEqual([
        { row: 1, fields: { ...ADA, name: 'Adé' } },
        { row: 2, fields: ADA },
      ]);
    }
  });

  it('names the lines that are no object, have unknown members or no text, and goes on', async () => {
    const lines = ['[]', '{', '{"name":{"constructor":5},"email":5}', '{"__proto__":{},"a\\u0000b":1}'];
    const rows = await ndjson([...lines, '{"password":"x"}', JSON.stringify(ADA)].join('\n'));
    expect(rows.map(({ errors }) => errors?.map(({ field, code }) => `${field} ${code}`))).toEqual([
      [' MALFORMED_ROW'],
      [' MALFORMED_ROW'],
      ['name IS_STRING', 'email IS_STRING'],
      ['__proto__ UNKNOWN_FIELD', 'a\uFFFDb UNKNOWN_FIELD'],
      ['password UNKNOWN_FIELD'],
      undefined,
    ]);
    expect(JSON.stringify(rows)).not.toContain('"x"');
  });

  it('is refused when it is empty, no UTF-8, or has a line without an end', async () => {
    expect(await complaint(ndjson(' \n\r\n'))).toEqual(['VALIDATION_FAILED', { '': 'IMPORT_EMPTY' }]);
    expect(await complaint(ndjson(Buffer.from([0x7b, 0xff])))).toEqual([
      'MALFORMED_REQUEST',
      { '': 'IMPORT_FILE_BROKEN' },
    ]);
    expect(await complaint(ndjson(`{"name":"${'x'.repeat(10_000_000)}`))).toEqual([
      'PAYLOAD_TOO_LARGE',
      { '': 'IMPORT_TOO_LARGE' },
    ]);
  });
});

describe('staged rows', () => {
  it('come back judged, however hostile they are', async () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    const file = [
      JSON.stringify({ ...ADA, metadata: { constructor: 1, a: null }, avatar_url: 'https://example.com/a' }),
      `{"name":"B","email":"b@example.com","metadata":${deep}}`,
      '{"name":"C\\u0000","email":"c@example.com"}',
      '{"name":"D","email":"d@example.com","metadata":{"x":"\\ud800"}}',
      '{"name":"E","email":"e@example.com","metadata":[],"role":"root"}',
      '{}',
    ].join('\n');
    const { rows } = await openImportFile('ndjson', bytes(file));
    const chunks = [];
    for await (const chunk of inChunks(rows)) chunks.push(chunk);
    expect(chunks).toMatchObject([{ position: 0, rows: 6 }]);
    const { ready, refused } = readChunk(chunks[0]!.content);
    expect(ready.map(({ row, fields }) => [row, fields.name, fields.metadata])).toEqual([
      [1, 'Ada', { constructor: 1, a: null }],
    ]);
    expect(refused.map(({ row, code, errors }) => [row, code, errors.map(({ field }) => field)])).toEqual([
      [2, 'VALIDATION_FAILED', ['metadata']],
      [3, 'VALIDATION_FAILED', ['name']],
      [4, 'VALIDATION_FAILED', ['metadata']],
      [5, 'VALIDATION_FAILED', ['role', 'metadata']],
      [6, 'VALIDATION_FAILED', ['name', 'email']],
    ]);
  });

  it('lie in chunks of 500, or fewer when they are large', async () => {
    const sizes = async (name: string, count: number): Promise<number[]> => {
      const file = `name,email\n${`${name},a@b.cd\n`.repeat(count)}`;
      const found = [];
      for await (const { rows } of inChunks((await openImportFile('csv', bytes(file))).rows))
        found.push(rows);
      return found;
    };
    expect(await sizes('A', 1_001)).toEqual([500, 500, 1]);
    expect(await sizes('x'.repeat(100_000), 5)).toEqual([3, 2]);
  });
});
