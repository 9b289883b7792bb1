interface Printable {
  printRoutes(options: { commonPrefix: boolean }): string;
}

/** `GET /api/v1/users/:id`: what the server answers, read from the tree that Fastify prints. */
export function servedRoutes(server: Printable): string[] {
  const routes: string[] = [];
  const path: string[] = [];
  for (const line of server.printRoutes({ commonPrefix: false }).split('\n')) {
    const match = /^([\s│]*)[├└]── (.*?)(?: \(([A-Z, ]+)\))?$/u.exec(line);
    if (!match) continue;
    const depth = match[1]!.length / 4;
    path.splice(depth, path.length, match[2]!);
    for (const method of match[3]?.split(', ') ?? []) {
      if (method !== 'HEAD' && method !== 'OPTIONS')
        routes.push(`${method} ${path.slice(0, depth + 1).join('')}`);
    }
  }
  return routes;
}

/** Served beside the documented routes, and public. */
const UNDOCUMENTED = ['/docs', '/docs-json', '/docs-yaml', '/openapi.json', '/metrics'];

/** The routes of the API: without those of its documentation and of metrics, which stand in no document. */
export const apiRoutes = (server: Printable): string[] =>
  servedRoutes(server).filter((route) => !UNDOCUMENTED.some((path) => route.startsWith(`GET ${path}`)));
