import { appendFileSync } from 'node:fs';

const target = process.env.TUG_CRASH_AT;
const trace = process.env.TUG_CRASH_TRACE;
let wanted = '';
let remaining = 0;
if (target) {
  const [name = '', nth = '1'] = target.split('#');
  wanted = name;
  remaining = Number(nth);
}

/**
 * Marks a step after which the engine may be killed: every commit, rename and mount has one.
 * The kill tests run an engine with TUG_CRASH_AT=name[#n] (SIGKILL itself at the n-th pass) or
 * TUG_CRASH_TRACE=file (append each passed name); without them it does nothing.
 */
export function crashpoint(name: string): void {
  if (trace) appendFileSync(trace, `${name}\n`);
  if (name === wanted && --remaining === 0) process.kill(process.pid, 'SIGKILL');
}
