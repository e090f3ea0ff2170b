/** What a promise gives, or `late` if that takes longer than so many milliseconds. Its failure is thrown; no timer stays behind. */
export async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | 'late'> {
  const late = Promise.withResolvers<'late'>();
  const timer = setTimeout(late.resolve, milliseconds, 'late');
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
