/** Standard input as it comes, until its end. */
export async function* readInput(): AsyncGenerator<Uint8Array> {
  const { isatty } = await import('node:tty');
  // A terminal is read by the stream that also makes it raw; pipes and files by the one that is cheap to load.
  const source: AsyncIterable<Uint8Array> = isatty(0)
    ? (process.stdin as AsyncIterable<Uint8Array>)
    : (Bun.stdin.stream() as unknown as AsyncIterable<Uint8Array>);
  for await (const bytes of source) yield bytes;
}
