import { flag } from '../flags/index.ts';

/** `--filter key=value`, repeated. */
export function filterFlag(usage: string) {
  return flag.list(usage, { short: 'f', type: 'filter' }, (text) => {
    if (!text.includes('=')) throw new Error('bad format of filter (expected name=value)');
    return text;
  });
}

/** Filters as the API takes them: each name with the set of its values. */
export function filterQuery(filters: string[], more: Record<string, string> = {}): object | undefined {
  const query: Record<string, Record<string, true>> = {};
  const add = (name: string, value: string) => {
    query[name] = { ...query[name], [value]: true };
  };
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    add(filter.slice(0, equals).trim().toLowerCase(), filter.slice(equals + 1).trim());
  }
  for (const [name, value] of Object.entries(more)) add(name, value);
  return Object.keys(query).length > 0 ? query : undefined;
}

/** The words of `--format` where a listing can be shaped. */
export const formatUsage =
  "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates";
