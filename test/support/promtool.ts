import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './command.ts';

const script = join(import.meta.dirname, '../peers/promtool.sh');

/** What Prometheus's own parser has against a page of metrics, a line each; what it calls style, not form, is left out. */
export async function openMetricsProblems(text: string): Promise<string[]> {
  const tool = (await must([script])).trim();
  if (!existsSync(tool)) throw new Error(`no promtool at ${tool}`);
  const child = Bun.spawn([tool, 'check', 'metrics'], { stdin: Buffer.from(text), stdout: 'pipe', stderr: 'pipe' });
  const said = await new Response(child.stderr).text();
  const code = await child.exited;
  const problems = said.split('\n').filter((line) => line !== '' && !style.test(line));
  // 3 is a matter of style alone.
  return code === 0 || code === 3 ? problems : [`exit code ${code}`, ...problems];
}

/** dockerd's own names have these, too. */
const style = /non-counter metrics should not have "_total" suffix|metric name should not include type/;
