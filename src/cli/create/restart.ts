/** Reads `always`, `on-failure:3` … as the engine takes it; which names there are is the engine's to say. */
export function restartPolicy(text: string): { Name: string; MaximumRetryCount: number } {
  const [name = '', count, ...more] = text.split(':');
  if (name === '' && count !== undefined) {
    throw new Error('invalid restart policy format: no policy provided before colon');
  }
  if (more.length > 0) throw new Error('invalid restart policy format');
  if (count !== undefined && !/^-?\d+$/.test(count)) {
    throw new Error('invalid restart policy format: maximum retry count must be an integer');
  }
  return { Name: name, MaximumRetryCount: Number(count ?? 0) };
}
