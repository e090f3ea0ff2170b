import { expect, test } from 'bun:test';
import { describe } from './survivors.ts';

const process = (pid: number, state: string, wchan = '') => ({ pid, name: 'cat', state, wchan });

test('who waits in the kernel is named first, and where; five at most', () => {
  expect(describe([])).toBe('');
  expect(describe([process(7, 'S', 'do_wait'), process(9, 'D', 'fuse_wait')])).toBe(
    'process 9 (cat) is in uninterruptible sleep (D, waits in fuse_wait); process 7 (cat) is still there (S, waits in do_wait)',
  );
  expect(describe([process(1, 'Z')])).toBe('process 1 (cat) is a zombie that nobody has collected (Z)');
  const many = Array.from({ length: 8 }, (_, index) => process(index + 1, 'R'));
  expect(describe(many)).toEndWith('; 3 more');
});
