interface LinkTarget {
  /** The request's URL with its query, as it came. */
  readonly url: string;
}

function withParameters(url: string, parameters: Record<string, string | number>): string {
  const [path, query = ''] = url.split('?', 2);
  const search = new URLSearchParams(query);
  for (const [name, value] of Object.entries(parameters)) search.set(name, String(value));
  return `${path}?${search.toString()}`;
}

/** Link header of a numbered page; undefined when there is neither a next nor a previous one. Source: RFC 8288. */
export function pageLinks(
  request: LinkTarget,
  page: { page: number; size: number; total: number },
): string | undefined {
  const links: string[] = [];
  if ((page.page + 1) * page.size < page.total) {
    links.push(`<${withParameters(request.url, { page: page.page + 1 })}>; rel="next"`);
  }
  if (page.page > 0) links.push(`<${withParameters(request.url, { page: page.page - 1 })}>; rel="prev"`);
  return links.length > 0 ? links.join(', ') : undefined;
}

/** Link header of a page reached by cursor; lists that only go on have no previous one. */
export function cursorLinks(
  request: LinkTarget,
  next: string | null | undefined,
  previous?: string | null,
): string | undefined {
  const links: string[] = [];
  if (next) links.push(`<${withParameters(request.url, { cursor: next })}>; rel="next"`);
  if (previous) links.push(`<${withParameters(request.url, { cursor: previous })}>; rel="prev"`);
  return links.length > 0 ? links.join(', ') : undefined;
}
