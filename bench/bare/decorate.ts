/**
 * Decorators as plain calls: Node runs these files by stripping types, and a decorator is syntax that
 * stripping cannot take away.
 */

/** Applies method decorators to `method` of `type`. */
export function decorateMethod(
  type: { prototype: object },
  method: string,
  ...decorators: MethodDecorator[]
): void {
  const descriptor = Object.getOwnPropertyDescriptor(type.prototype, method);
  if (!descriptor) throw new Error(`There is no method ${method} to decorate.`);
  for (const decorator of decorators) decorator(type.prototype, method, descriptor);
}
