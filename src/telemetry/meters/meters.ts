import { format, type Labels, line } from './exposition.ts';

/** Something that only grows. */
export interface Counter {
  add(by?: number, labels?: Labels): void;
}

/** How often, and how long, something took. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** What is measured, under Prometheus's names. */
export interface Meters {
  /** A series without labels is there from the start, at 0; with `series` those are. */
  counter(name: string, help: string, series?: Labels[]): Counter;
  /** `read` is called whenever somebody looks; several series have labels. */
  gauge(name: string, help: string, read: () => number | Series[]): void;
  /** A number that is counted elsewhere and only grows. */
  counted(name: string, help: string, read: () => number | Series[]): void;
  /** Seconds, in Prometheus's usual buckets. */
  histogram(name: string, help: string, options?: { labelled?: boolean }): Histogram;
  /** All of it in Prometheus's text format, sorted by name. */
  text(): string;
}

/** One value of a measure that has several. */
export interface Series {
  labels: Labels;
  value: number;
}

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Family {
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram';
  lines(): string[];
}

/** No measures yet. */
export function createMeters(): Meters {
  const families: Family[] = [];
  const reading =
    (type: 'counter' | 'gauge') =>
    (name: string, help: string, read: () => number | Series[]): void => {
      const lines = () => {
        const found = read();
        const series = typeof found === 'number' ? [{ labels: {}, value: found }] : found;
        return series.map(({ labels, value }) => line(name, labels, value));
      };
      families.push({ name, help, type, lines });
    };
  return {
    gauge: reading('gauge'),
    counted: reading('counter'),
    counter(name, help, series = [{}]) {
      const totals = new Map(series.map((labels) => [format(labels), { labels, value: 0 }]));
      const lines = () => [...totals.values()].map(({ labels, value }) => line(name, labels, value));
      families.push({ name, help, type: 'counter', lines });
      return {
        add(by = 1, labels = {}) {
          const key = format(labels);
          const found = totals.get(key) ?? { labels, value: 0 };
          found.value += by;
          totals.set(key, found);
        },
      };
    },
    histogram(name, help, { labelled = false } = {}) {
      const series = new Map<string, Distribution>();
      if (!labelled) series.set('', distribution({}));
      families.push({ name, help, type: 'histogram', lines: () => [...series.values()].flatMap(histogramLines(name)) });
      return {
        observe(value, labels = {}) {
          const key = format(labels);
          const found = series.get(key) ?? distribution(labels);
          series.set(key, found);
          record(found, value);
        },
      };
    },
    text() {
      const sorted = families.toSorted((one, other) => (one.name < other.name ? -1 : 1));
      return sorted.map(familyText).join('');
    },
  };
}

/** A measure that has nothing to say is left out, as by Prometheus's own clients. */
function familyText({ name, help, type, lines }: Family): string {
  const body = lines();
  if (body.length === 0) return '';
  const told = help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return `# HELP ${name} ${told}\n# TYPE ${name} ${type}\n${body.join('')}`;
}

interface Distribution {
  labels: Labels;
  /** How many were at most the bound of that place. */
  counts: number[];
  sum: number;
  count: number;
}

const distribution = (labels: Labels): Distribution => ({ labels, counts: buckets.map(() => 0), sum: 0, count: 0 });

function record(into: Distribution, value: number): void {
  into.sum += value;
  into.count += 1;
  for (const [place, bound] of buckets.entries())
    if (value <= bound) into.counts[place] = (into.counts[place] ?? 0) + 1;
}

function histogramLines(name: string): (one: Distribution) => string[] {
  return ({ labels, counts, sum, count }) => [
    ...buckets.map((bound, place) => line(`${name}_bucket`, { ...labels, le: String(bound) }, counts[place] ?? 0)),
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
    line(`${name}_sum`, labels, sum),
    line(`${name}_count`, labels, count),
  ];
}
