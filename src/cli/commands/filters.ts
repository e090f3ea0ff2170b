import { flag } from '../flags/index.ts';

/** `--filter key=value`, repeated. */
export function filterFlag(usage: string, extra: { short?: string } = { short: 'f' }) {
  return flag.list(usage, { ...extra, type: 'filter' }, (text) => {
    if (!text.includes('=')) throw new Error('bad format of filter (expected name=value)');
    return text;
  });
}

/** The values of each filter, in order, each once. */
export function filterValues(filters: string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const filter of filters.filter(Boolean)) {
    const equals = filter.indexOf('=');
    const name = filter.slice(0, equals).trim().toLowerCase();
    const value = filter.slice(equals + 1).trim();
    const known = values.get(name) ?? [];
    if (!known.includes(value)) values.set(name, [...known, value]);
  }
  return values;
}

/** Filters as the API takes them: each name with the set of its values. */
export function filterQuery(filters: string[], more: Record<string, string> = {}): object | undefined {
  const query: Record<string, Record<string, true>> = {};
  const add = (name: string, value: string) => {
    query[name] = { ...query[name], [value]: true };
  };
  for (const [name, values] of filterValues(filters)) for (const value of values) add(name, value);
  for (const [name, value] of Object.entries(more)) add(name, value);
  return Object.keys(query).length > 0 ? query : undefined;
}

/** The filters of a prune and those of config.json that do not contradict them. */
export function withConfigured(filters: string[], configured: string[] = []): string[] {
  const opposite: Record<string, string> = { label: 'label!', 'label!': 'label' };
  const added = configured.filter((filter) => {
    const equals = filter.indexOf('=');
    const against = opposite[filter.slice(0, equals)];
    return equals >= 0 && !(against && filters.includes(`${against}=${filter.slice(equals + 1)}`));
  });
  return [...filters, ...added];
}

/** The words of `--format` where a listing can be shaped. */
export const formatUsage =
  "Format output using a custom template:\n'table':            Print output in table format with column headers (default)\n'table TEMPLATE':   Print output in table format using the given Go template\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates";

/** The words of `--format` where one thing is shown. */
export const inspectFormatUsage =
  "Format output using a custom template:\n'json':             Print in JSON format\n'TEMPLATE':         Print output using the given Go template.\nRefer to https://docs.docker.com/go/formatting/ for more information about formatting output with templates";
