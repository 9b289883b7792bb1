/**
 * Waits for `work`, but not longer than `milliseconds`; then the answer is what `late` returns, or throws. Work that is
 * late goes on, for it cannot be ended from here; how it ends is nobody's business any more, also when it fails.
 */
export async function within<T, L>(work: Promise<T>, milliseconds: number, late: () => L): Promise<T | L> {
  const limit = Promise.withResolvers<L>();
  const timer = setTimeout(() => {
    work.catch(() => undefined);
    limit.resolve(new Promise((resolve) => resolve(late())));
  }, milliseconds);
  try {
    return await Promise.race([work, limit.promise]);
  } finally {
    clearTimeout(timer);
  }
}
