/** Names beyond this are not compared letter by letter. */
const longest = 200;

/** The option nearest to what was written, if it differs in two letters at most; nothing if one of them is what was written. */
export function suggestion(
  written: string,
  options: Iterable<string>,
  { sameCase = true }: { sameCase?: boolean } = {},
): string | undefined {
  const wanted = sameCase ? written : written.toLowerCase();
  let nearest: string | undefined;
  let least = 3;
  for (const option of options) {
    const offered = sameCase ? option : option.toLowerCase();
    if (offered === wanted) return undefined;
    if (Math.abs(offered.length - wanted.length) >= least || wanted.length > longest) continue;
    const apart = distance(wanted, offered);
    if (apart >= least) continue;
    nearest = sameCase ? option : inCaseOf(written, option);
    least = apart;
  }
  return nearest;
}

/** A message with ` (did you mean x?)` where something is near enough. */
export function withSuggestion(
  message: string,
  written: string,
  options: Iterable<string>,
  mode: { sameCase?: boolean } = {},
): string {
  const meant = suggestion(written, options, mode);
  return meant === undefined ? message : `${message} (did you mean ${meant}?)`;
}

function inCaseOf(pattern: string, word: string): string {
  if (pattern === pattern.toLowerCase()) return word.toLowerCase();
  return pattern === pattern.toUpperCase() ? word.toUpperCase() : word;
}

/** How many letters must be put in, taken out or changed. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
