import { expect, test } from 'bun:test';
import { createMeters } from './meters.ts';

test('counters are there from the start, gauges are read when somebody looks, names are sorted', () => {
  const meters = createMeters();
  const failed = meters.counter('b_total', 'What failed', [{ reason: 'one' }]);
  let level = 1;
  meters.gauge('a', 'A level\nof something', () => level);
  failed.add(2, { reason: 'quote " and \\ and \n' });
  level = Number.POSITIVE_INFINITY;
  expect(meters.text()).toBe(
    '# HELP a A level\\nof something\n# TYPE a gauge\na +Inf\n' +
      '# HELP b_total What failed\n# TYPE b_total counter\nb_total{reason="one"} 0\n' +
      'b_total{reason="quote \\" and \\\\ and \\n"} 2\n',
  );
});

test('a histogram counts what is at most each bound', () => {
  const meters = createMeters();
  const taken = meters.histogram('taken_seconds', 'How long', { labelled: true });
  expect(meters.text()).toBe('');
  taken.observe(0.01, { action: 'start' });
  taken.observe(3, { action: 'start' });
  const lines = meters.text().split('\n');
  expect(lines).toContain('taken_seconds_bucket{action="start",le="0.005"} 0');
  expect(lines).toContain('taken_seconds_bucket{action="start",le="0.01"} 1');
  expect(lines).toContain('taken_seconds_bucket{action="start",le="2.5"} 1');
  expect(lines).toContain('taken_seconds_bucket{action="start",le="5"} 2');
  expect(lines).toContain('taken_seconds_bucket{action="start",le="+Inf"} 2');
  expect(lines).toContain('taken_seconds_sum{action="start"} 3.01');
  expect(lines).toContain('taken_seconds_count{action="start"} 2');
});
