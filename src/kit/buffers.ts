/** Between two looks at what buffers take. */
const step = 8 << 20;
/** What they may take before they are cleared away. */
const most = 64 << 20;

/**
 * Frees buffers that nobody needs any more while many megabytes pass by: the collector counts them too late, and the program would grow by
 * a hundred megabytes. Returns the call that counts what has passed.
 */
export function countBuffers(): (bytes: number) => void {
  let passed = 0;
  return (bytes) => {
    passed += bytes;
    if (passed < step) return;
    passed = 0;
    if (process.memoryUsage().arrayBuffers > most) Bun.gc(true);
  };
}
