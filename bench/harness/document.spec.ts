import { BEGIN, END, replaceResults } from './document.ts';

describe('the results in the document', () => {
  it('stand between the markers, and the text around them stays', () => {
    const document = `before\n${BEGIN}\nold\n${END}\nafter\n`;
    expect(replaceResults(document, 'new')).toBe(`before\n${BEGIN}\n\nnew\n\n${END}\nafter\n`);
  });

  it('are not written when a marker is missing', () => {
    expect(() => replaceResults(`before\n${BEGIN}\n`, 'new')).toThrow('lost its markers');
  });
});
