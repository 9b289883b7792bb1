import { IsInt, IsString } from 'class-validator';
import { defineJob } from './job-definition.js';
import { plainPayload, readPayload, storablePayload } from './job-payload.js';

class Data {
  @IsString()
  name: string;

  @IsInt()
  count: number;
}

const Work = defineJob({ type: 'unit.payload', queue: 'unit', schema: Data });

describe('The payload of a job', () => {
  it('becomes an instance of the schema', async () => {
    const payload = await readPayload(Work, { name: 'a', count: 1 });
    expect(payload).toBeInstanceOf(Data);
    expect(payload).toEqual({ name: 'a', count: 1 });
  });

  it('is refused with every broken and unknown field at once', async () => {
    await expect(readPayload(Work, { count: 1.5, extra: true })).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: expect.arrayContaining([
        expect.objectContaining({ field: 'payload.name', code: 'IS_STRING' }),
        expect.objectContaining({ field: 'payload.count', code: 'IS_INT' }),
        expect.objectContaining({ field: 'payload.extra', code: 'UNKNOWN_FIELD' }),
      ]),
    });
  });

  it.each([null, undefined, 'text', 5, [[]]])('is refused when it is %j', async (payload) => {
    await expect(readPayload(Work, payload)).rejects.toMatchObject({
      fields: [{ field: 'payload', code: 'IS_OBJECT', message: 'payload must be an object' }],
    });
  });

  it('is measured in bytes, not characters', async () => {
    const data = { name: 'ä'.repeat(100), count: 1 };
    const bytes = Buffer.byteLength(JSON.stringify(data));
    expect(await storablePayload(Work, data, bytes)).toEqual(data);
    await expect(storablePayload(Work, data, bytes - 1)).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: `The payload of the job is larger than ${bytes - 1} bytes.`,
    });
  });

  it('is refused when it cannot be stored', () => {
    expect(() => plainPayload({ big: 1n }, 1_000)).toThrow(
      'The payload must be JSON without NUL characters and halves of characters.',
    );
    expect(() => plainPayload({ text: 'a\0b' }, 1_000)).toThrow(
      'The payload must be JSON without NUL characters and halves of characters.',
    );
    expect(() => plainPayload({ text: '\\\0' }, 1_000)).toThrow(
      'The payload must be JSON without NUL characters and halves of characters.',
    );
  });

  it('is refused when it holds half a character, in a value or a name', () => {
    for (const payload of [{ text: '\ud83d' }, { '\udc00': 1 }]) {
      expect(() => plainPayload(payload, 1_000)).toThrow('The payload must be JSON');
    }
  });

  it('may speak of NUL and of halves without holding one', () => {
    const text = '\\u0000 \\ud83d \u{1f600}';
    expect(plainPayload({ text }, 1_000)).toEqual({ text });
  });
});
