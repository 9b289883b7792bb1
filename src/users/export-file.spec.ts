import { User } from './dto/user.dto.js';
import { fileOf, formatFor, USER_COLUMNS } from './export-file.js';
import { openImportFile } from './import-file.js';
import { EXPORT_COLUMNS, guardFormula, unguardFormula } from './transfer-columns.js';

const NAMES = ['=1+1', '+1', '-1', '@x', "'=1", "''-", "O'Hara", 'a,"b"', '＝1', 'ok'];

const account = (name: string): User =>
  Object.assign(new User(), {
    id: '01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87',
    name,
    email: '=cmd@example.com',
    role: 'user',
    status: 'active',
    email_verified: true,
    avatar_url: null,
    metadata: { formula: '=1', line: 'a\r\nb' },
    sync_status: 'SYNCED',
    last_login_at: null,
    created_at: new Date('2026-01-01T12:00:00Z'),
    updated_at: new Date('2026-01-02T12:00:00Z'),
    version: 3,
  } satisfies User);

async function* batches(): AsyncGenerator<User[]> {
  await Promise.resolve();
  yield NAMES.map(account);
}

async function text(format: 'csv' | 'ndjson', source = batches()): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of fileOf(format, USER_COLUMNS, source)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe('an export', () => {
  it('has one header and the same columns in every line, as CSV and as NDJSON', async () => {
    const lines = (await text('csv')).split('\r\n');
    expect(lines[0]).toBe(EXPORT_COLUMNS.join(','));
    expect(lines.at(-1)).toBe('');
    expect(lines[10]).toBe(
      `01980c5e-7d5a-7c3e-9b1a-3f2d1c0b9a87,ok,'=cmd@example.com,user,active,true,,"{""formula"":""=1"",""line"":""a\\r\\nb""}",SYNCED,,2026-01-01T12:00:00.000Z,2026-01-02T12:00:00.000Z,3`,
    );
    const objects = (await text('ndjson')).trimEnd().split('\n');
    expect(objects).toHaveLength(NAMES.length);
    expect(Object.keys(JSON.parse(objects[0]!) as object)).toEqual([...EXPORT_COLUMNS]);
    async function* none(): AsyncGenerator<User[]> {}
    expect(await text('csv', none())).toBe(`${EXPORT_COLUMNS.join(',')}\r\n`);
    expect(await text('ndjson', none())).toBe('');
  });

  it('holds no cell that a spreadsheet would take for a formula', async () => {
    const { parse } = await import('csv-parse/sync');
    const cells = parse(await text('csv'), { columns: false }).flat();
    expect(cells.filter((cell) => /^[=+\-@\t\r\n＝＋－＠]/.test(cell))).toEqual([]);
  });

  it('is read back by an import as it was', async () => {
    for (const format of ['csv', 'ndjson'] as const) {
      async function* bytes(): AsyncGenerator<Buffer> {
        yield Buffer.from(await text(format));
      }
      const { rows, ignored_columns } = await openImportFile(format, bytes());
      const fields = [];
      for await (const row of rows) fields.push(row.fields);
      const { email, role, metadata } = account('');
      expect(fields).toEqual(NAMES.map((name) => ({ name, email, role, metadata })));
      expect(ignored_columns).toEqual(
        EXPORT_COLUMNS.filter((name) => !['name', 'email', 'role', 'metadata', 'avatar_url'].includes(name)),
      );
    }
  });

  it('guards a cell so that what there was can be told', () => {
    for (const cell of [...NAMES, "'", '', "'''"]) expect(unguardFormula(guardFormula(cell))).toBe(cell);
    expect(guardFormula("O'Hara")).toBe("O'Hara");
  });

  it('comes in the format that is named, else in the one that is accepted, else as NDJSON', () => {
    expect(formatFor('csv', 'application/x-ndjson')).toBe('csv');
    expect(formatFor(undefined, 'text/csv')).toBe('csv');
    expect(formatFor(undefined, 'text/csv;q=0.5, application/x-ndjson')).toBe('ndjson');
    expect(formatFor(undefined, 'application/x-ndjson;q=0.1, TEXT/CSV; q=0.2')).toBe('csv');
    for (const accept of [undefined, '*/*', 'text/csv;q=0', 'application/json']) {
      expect(formatFor(undefined, accept)).toBe('ndjson');
    }
  });
});
