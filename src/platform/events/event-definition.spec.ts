import { defineEvent } from './event-definition.js';

class Data {
  id: string;
}

const shape = { version: 1, schema: Data, subject: ({ id }: Data) => `thing:${id}` };

describe('defineEvent', () => {
  it('names the subject of an event by its data', () => {
    const event = defineEvent({ ...shape, type: 'unit.named' });
    expect(event.subject({ id: '5' })).toBe('thing:5');
    expect(event).toMatchObject({ type: 'unit.named', version: 1, schema: Data });
  });

  it('refuses a type that is declared twice', () => {
    defineEvent({ ...shape, type: 'unit.twice' });
    expect(() => defineEvent({ ...shape, type: 'unit.twice' })).toThrow(
      'The event type unit.twice is declared twice: rename one.',
    );
  });

  it('refuses a bad name or version in one sentence', () => {
    expect(() => defineEvent({ ...shape, type: 'Happened' })).toThrow(
      'The event type "Happened" must be named like auth.user_registered.',
    );
    expect(() => defineEvent({ ...shape, type: 'unit.zero', version: 0 })).toThrow(
      'The event type unit.zero needs a whole version of at least 1.',
    );
  });
});
