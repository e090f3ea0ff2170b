import type { SessionOutcome } from '../../../../api/index.ts';
import { CliError, type Context } from '../../../command.ts';
import { readAttributes, refused } from './attributes.ts';

export type Call = 'build' | 'check' | 'outline' | 'targets';

const calls = ['build', 'check', 'outline', 'targets'] as const;

/** `--call=outline,format=json`, and `--check` for it. */
export function readCall(text: string, check: boolean): { call: Call; asJson: boolean } {
  const [name = '', ...rest] = (check ? 'check' : text).split(',');
  const fields = rest.length > 0 ? callFields(rest.join(',')) : {};
  const asked = name === '' || name === 'lint' ? (name === '' ? 'build' : 'check') : name;
  const call = calls.find((one) => one === asked);
  if (!call) throw new CliError(`ERROR: failed to build: failed to solve: ${unsupported(name)}`, 1);
  return { call, asJson: fields.format === 'json' };
}

const unsupported = (name: string): string =>
  `unsupported request frontend.${name}: unsupported request frontend.${name}`;

function callFields(text: string): Record<string, string> {
  const fields = readAttributes(text);
  for (const [key, value] of Object.entries(fields)) {
    if (!['format', 'ignorestatus'].includes(key)) throw refused(`invalid print field: ${key}=${value}`);
  }
  return fields;
}

/** Prints what a call told; the exit code. */
export async function printCall(
  context: Context,
  outcome: SessionOutcome,
  { call, asJson }: { call: Call; asJson: boolean },
): Promise<number> {
  const { out } = context;
  const { told } = outcome;
  if (asJson) await out.write(JSON.stringify(told, undefined, 2));
  if (call === 'check') return checked(context, outcome, asJson);
  if (asJson) await out.write('\n');
  else await out.write(call === 'outline' ? outlineText(told as Outline) : targetsText(told as Targets));
  return 0;
}

/** Findings are a failure, and so is the mistake that a check ended at. */
async function checked(
  { out, err }: Context,
  { warnings: findings = '', failure }: SessionOutcome,
  asJson: boolean,
): Promise<number> {
  const count = findings.split('\nWARNING: ').length - 1;
  if (!asJson) {
    if (count > 0) {
      const found = count === 1 ? 'warning has' : 'warnings have';
      await out.write(`Check complete, ${count} ${found} been found!\n${findings}`);
    } else if (!failure) await out.line('Check complete, no warnings found.');
    if (failure) await err.write(`ERROR: ${failure.message}\n${failure.text}\n`);
  }
  return count > 0 || failure ? 1 : 0;
}

interface Outline {
  name?: string;
  description?: string;
  args?: { name: string; value?: string; description?: string }[];
  secrets?: { name: string; required?: boolean }[];
  ssh?: { name: string; required?: boolean }[];
}

interface Targets {
  targets: { name?: string; default?: boolean; description?: string }[];
}

const needs = (title: string, all: { name: string; required?: boolean }[]): string[][] =>
  all.length === 0 ? [] : [[title, 'REQUIRED'], ...all.map((one) => [one.name, one.required ? 'true' : ''])];

function outlineText({ name, description, args = [], secrets = [], ssh = [] }: Outline): string {
  const head = [
    ['TARGET:', name ?? '(default)'],
    ...(description === undefined ? [] : [['DESCRIPTION:', description]]),
  ];
  const values = args.map((arg) => [arg.name, arg.value ?? '', arg.description ?? '']);
  const sections = [
    name === undefined && description === undefined ? [] : head,
    args.length === 0 ? [] : [['BUILD ARG', 'VALUE', 'DESCRIPTION'], ...values],
    needs('SECRET', secrets),
    needs('SSH', ssh),
  ];
  return sections
    .filter((rows) => rows.length > 0)
    .map((rows) => `${columns(rows, rows === head ? 1 : 3)}\n`)
    .join('');
}

function targetsText({ targets }: Targets): string {
  const rows = targets.map(({ name, description = '', ...target }) => {
    const suffix = target.default ? ' (default)' : '';
    return [name === undefined ? '(default)' : `${name}${suffix}`, description];
  });
  return columns([['TARGET', 'DESCRIPTION'], ...rows], 1);
}

/** Every column but the last as wide as its widest cell, with so many blanks behind it. */
function columns(rows: string[][], gap: number): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)) + gap);
  return rows
    .map((row) => row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join(''))
    .map((line) => `${line}\n`)
    .join('');
}
