import type { FastifyInstance } from 'fastify';

/** Every route that was registered, to tell "no such resource" (404) from "not with this method" (405 + Allow). */
export class RouteTable {
  readonly #routes: { pattern: RegExp; methods: Set<string> }[] = [];
  readonly #byTemplate = new Map<string, Set<string>>();

  /** Watches `instance`; call before the first route is added. */
  constructor(instance: FastifyInstance) {
    instance.addHook('onRoute', ({ url, method }) => {
      const methods = this.#byTemplate.get(url) ?? this.#add(url);
      for (const each of [method].flat()) methods.add(each);
    });
  }

  /** Methods that the resource at `path` answers, or null when there is no such resource. */
  allowed(path: string): string[] | null {
    const methods = new Set<string>();
    for (const route of this.#routes) {
      if (route.pattern.test(path)) for (const method of route.methods) methods.add(method);
    }
    return methods.size === 0 ? null : [...methods, 'OPTIONS'].sort();
  }

  #add(url: string): Set<string> {
    const methods = new Set<string>();
    // A catch-all is no resource: it would make every unknown path a 405.
    if (url !== '*' && url !== '/*') {
      const source = url
        .split('/')
        .map((part) => {
          if (part.startsWith(':')) return '[^/]+';
          if (part === '*') return '.*';
          return part.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
        })
        .join('/');
      this.#routes.push({ pattern: new RegExp(`^${source}$`), methods });
    }
    this.#byTemplate.set(url, methods);
    return methods;
  }
}
