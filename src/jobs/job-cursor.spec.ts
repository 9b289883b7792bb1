import { decodeCursor, encodeCursor } from './job-cursor.js';

const position = {
  created_at: new Date('2026-01-02T03:04:05.678Z'),
  id: '01980a5e-7d3b-7c4e-9b1a-2f6d8c0e4a71',
};

describe('The cursor of a list of jobs', () => {
  it('names a place', () => {
    expect(decodeCursor(encodeCursor(position))).toEqual(position);
  });

  it('is opaque and safe in a URL', () => {
    expect(encodeCursor(position)).toMatch(/^[A-Za-z0-9_-]+$/);
  });

  it.each([
    '',
    'x',
    '!!!',
    `${encodeCursor(position)}=`,
    `${encodeCursor(position)} `,
    Buffer.from('1.not-an-id').toString('base64url'),
    Buffer.from(`-1.${position.id}`).toString('base64url'),
    Buffer.from(`1.${position.id}.more`).toString('base64url'),
    Buffer.from(`9999999999999999.${position.id}`).toString('base64url'),
  ])('is refused when it is not ours: %j', (cursor) => {
    expect(() => decodeCursor(cursor)).toThrow('The cursor must be the next_cursor of an earlier answer.');
  });
});
