import { cursorLinks, pageLinks } from './page-links.js';

describe('the Link header of a numbered page', () => {
  const url = '/api/v1/users?search=a%20b&page=1&size=10';

  it('names the next and the previous page and keeps the other parameters', () => {
    expect(pageLinks({ url }, { page: 1, size: 10, total: 30 })).toBe(
      '</api/v1/users?search=a+b&page=2&size=10>; rel="next", </api/v1/users?search=a+b&page=0&size=10>; rel="prev"',
    );
  });

  it('has no next on the last page, no previous on the first, and is absent on an only one', () => {
    expect(pageLinks({ url }, { page: 2, size: 10, total: 30 })).not.toContain('next');
    expect(pageLinks({ url: '/x' }, { page: 0, size: 10, total: 11 })).toBe('</x?page=1>; rel="next"');
    expect(pageLinks({ url: '/x' }, { page: 0, size: 10, total: 10 })).toBeUndefined();
  });
});

describe('the Link header of a page by cursor', () => {
  it('names the next page while there is one', () => {
    expect(cursorLinks({ url: '/jobs?size=2' }, 'a+b=')).toBe('</jobs?size=2&cursor=a%2Bb%3D>; rel="next"');
    expect(cursorLinks({ url: '/jobs' }, null)).toBeUndefined();
  });

  it('names the page before where there is a way back', () => {
    expect(cursorLinks({ url: '/users?cursor=b' }, 'c', 'a')).toBe(
      '</users?cursor=c>; rel="next", </users?cursor=a>; rel="prev"',
    );
    expect(cursorLinks({ url: '/users?cursor=b' }, null, 'a')).toBe('</users?cursor=a>; rel="prev"');
  });
});
