import { EngineError } from '../../kit/index.ts';
import { compareTimes } from '../clock.ts';
import type { Context } from '../context.ts';
import { healthIs } from '../health/health.ts';
import { mountViews } from '../life/start/mount-points.ts';
import { resolve } from '../lookup.ts';
import type { ContainerRow } from '../row.ts';
import { shownState } from './inspect.ts';
import { portTest } from './port-filter.ts';

export type Test = (row: ContainerRow) => boolean;
type Filters = Record<string, string[]>;

const states = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];
const healths = ['none', 'starting', 'healthy', 'unhealthy'];

const invalid = (message: string): EngineError => new EngineError('invalid', message);

/** One test a filter; a row must pass them all. Unknown filters and bad values are refused in Docker's words. */
export function containerTests(context: Context, filters: Filters): Test[] {
  return Object.entries(filters).flatMap(([name, values]) => {
    const make = makers[name];
    if (!make) throw invalid(`invalid filter '${name}'`);
    return values.length > 0 ? [make(values, context)] : [];
  });
}

const makers: Record<string, (values: string[], context: Context) => Test> = {
  id: (values) => (row) => values.some((value) => row.id.startsWith(value) || matches(value, row.id)),
  name: (values) => (row) => values.some((value) => matches(value, `/${row.name}`) || matches(value, row.name ?? '')),
  label: (values) => (row) => values.every((value) => hasLabel(row, value)),
  status: (values) => {
    for (const value of values) {
      if (states.includes(value)) continue;
      const why = `invalid value for state (${value}): must be one of ${states.join(', ')}`;
      throw invalid(`invalid filter 'status=${value}': ${why}`);
    }
    return (row) => values.includes(shownState(row));
  },
  exited: (values) => {
    const codes = values.map((value) => {
      if (!/^[+-]?\d+$/.test(value)) {
        throw invalid(
          `invalid filter 'exited=${value}': strconv.Atoi: parsing ${JSON.stringify(value)}: invalid syntax`,
        );
      }
      return Number(value);
    });
    return (row) => row.state === 'exited' && codes.includes(row.exitCode);
  },
  ancestor: (values, context) => {
    const named = values.flatMap((value) => findImages(context, value));
    const images = new Set(named.flatMap((id) => [id, ...context.images.descendants(id)]));
    return (row) => images.has(row.imageId);
  },
  volume: (values) => (row) =>
    mountViews(row).some(({ Name, Destination }) => values.some((value) => value === Name || value === Destination)),
  network: (values) => (row) =>
    Object.entries(row.networks).some(([name, { NetworkID = '' }]) =>
      values.some((value) => value === name || (NetworkID !== '' && value === NetworkID)),
    ),
  before: (values, context) => {
    const times = values.map((value) => resolve(context.store, value).created);
    return (row) => times.every((time) => compareTimes(row.created, time) < 0);
  },
  since: (values, context) => {
    const times = values.map((value) => resolve(context.store, value).created);
    return (row) => times.every((time) => compareTimes(row.created, time) > 0);
  },
  publish: (values) => portTest('publish', values),
  expose: (values) => portTest('expose', values),
  health: (values, context) => {
    for (const value of values) {
      if (healths.includes(value)) continue;
      const why = `invalid value for health (${value}): must be one of ${healths.join(', ')}`;
      throw invalid(`invalid filter 'health=${value}': ${why}`);
    }
    return (row) => healthIs(context.health.of(row.id), values);
  },
  'is-task': (values) => {
    const [value = ''] = values;
    const wanted = { true: true, '1': true, false: false, '0': false }[value];
    if (values.length > 1 || wanted === undefined) throw invalid(`invalid filter 'is-task=[${values.join(' ')}]'`);
    return () => !wanted;
  },
  isolation: () => () => true,
};

/** The ids of the images of that name, of each platform one; none where there is none, or where it could be several. */
export function findImages(context: Context, reference: string): string[] {
  try {
    return context.images.platforms(reference);
  } catch (error) {
    if (error instanceof EngineError && error.kind !== 'internal') return [];
    throw error;
  }
}

/** Docker's filters on ids and names are regular expressions; what is none is compared as it stands. */
function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return pattern === text;
  }
}

/** Whether it has the label, and with that value where one is named (`key=value`). */
export function hasLabel(row: ContainerRow, wanted: string): boolean {
  const [key = '', ...rest] = wanted.split('=');
  const value = row.config.Labels?.[key];
  return rest.length === 0 ? value !== undefined : value === rest.join('=');
}
