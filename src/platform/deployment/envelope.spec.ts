import { RequestContext } from '../context/index.js';
import { incomingContext, outgoingContext, parseCall } from './envelope.js';

/** The argument as it stands after a call was read, as JSON: an assertion on objects would look at their prototypes. */
const argument = (json: string): string =>
  JSON.stringify(
    parseCall(`{"target":"Shop","method":"place","context":{"request_id":"r"},"args":[${json}]}`).args[0],
  );

describe('a call that was read', () => {
  it.each([
    [
      'members named as those of every object',
      '{"toString":"a","constructor":{"name":"b"},"hasOwnProperty":1}',
    ],
    ['a member named __proto__, which stays a member', '{"__proto__":{"isAdmin":true}}'],
    ['what looks like a promise', '{"then":"later"}'],
    ['nothing, numbers and lists of lists', '[null,1.5,[[],[{}]],""]'],
  ])('has its arguments as they came: %s', (_what, json) => {
    expect(argument(json)).toBe(json);
  });

  it('has arguments of any depth, to be judged by the method they are for', () => {
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    let depth = 0;
    let value: unknown = parseCall(
      `{"target":"Shop","method":"place","context":{"request_id":"r"},"args":${deep}}`,
    ).args;
    for (; Array.isArray(value); [value] = value as unknown[]) depth += 1;
    expect(depth).toBe(5_000);
  });
});

describe('the context of a call', () => {
  it('tells the callee which event or job the work is done for', () => {
    const caller = new RequestContext({ requestId: 'r', protocol: 'job', causationId: 'job-7' });
    const header = RequestContext.run(caller, outgoingContext);
    expect(incomingContext(header).causationId).toBe('job-7');
    expect(caller.continuedAs({}).causationId).toBe('job-7');
    expect(
      RequestContext.run(new RequestContext({ requestId: 'r', protocol: 'http' }), outgoingContext),
    ).not.toHaveProperty('causation_id');
  });
});
