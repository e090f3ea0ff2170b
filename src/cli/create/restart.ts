/** Reads `always`, `on-failure:3` … as the engine takes it; which names there are is the engine's to say. */
export function restartPolicy(text: string): { Name: string; MaximumRetryCount: number } {
  const colon = text.indexOf(':');
  if (colon === 0) throw new Error('invalid restart policy format: no policy provided before colon');
  const count = colon < 0 ? '' : text.slice(colon + 1);
  if (!/^([+-]?\d+)?$/.test(count)) {
    throw new Error('invalid restart policy format: maximum retry count must be an integer');
  }
  return { Name: colon < 0 ? text : text.slice(0, colon), MaximumRetryCount: Number(count) };
}
