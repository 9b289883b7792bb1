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

/** Link header of a page reached by cursor. */
export const cursorLinks = (
  request: LinkTarget,
  nextCursor: string | null | undefined,
): string | undefined =>
  nextCursor ? `<${withParameters(request.url, { cursor: nextCursor })}>; rel="next"` : undefined;
