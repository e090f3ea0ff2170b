import type { Needed, Outline, Range } from '../contract.ts';
import { descriptionOf } from '../instructions/common.ts';
import type { ArgInfo, Evaluator, StageState } from './state.ts';

/** The arguments, secrets and agents that a stage, and those it is made from, make use of. */
export function outlineOf(evaluator: Evaluator, target: StageState): Outline {
  const states = madeFrom(target);
  const args = new Map<string, ArgInfo>();
  const secrets = new Map<string, Needed>();
  const ssh = new Map<string, Needed>();
  for (const state of states) {
    for (const arg of usedArgs(evaluator, state)) if (!args.has(arg.key)) args.set(arg.key, arg);
    for (const [kind, found] of [
      [state.secrets, secrets],
      [state.ssh, ssh],
    ] as const) {
      for (const [name, info] of kind) if (!found.has(name)) found.set(name, { name, ...info });
    }
  }
  const { name, from } = target.stage;
  return {
    name,
    description: descriptionOf(name, from.comments) ?? '',
    args: sorted(
      [...args.values()].map(({ key, value, description, ranges }) => ({ name: key, value, description, ranges })),
    ),
    secrets: sorted([...secrets.values()]),
    ssh: sorted([...ssh.values()]),
  };
}

function madeFrom(state: StageState, found: StageState[] = []): StageState[] {
  if (found.includes(state)) return found;
  found.push(state);
  if (state.base) madeFrom(state.base, found);
  for (const other of state.needs.keys()) madeFrom(other, found);
  return found;
}

function usedArgs({ globalArgs }: Evaluator, state: StageState): ArgInfo[] {
  const found = new Map<string, ArgInfo>();
  const use = (name: string) => {
    const arg = state.args.get(name) ?? globalArgs.get(name);
    if (!arg || found.has(name)) return;
    found.set(name, arg);
    for (const other of arg.needs) use(other);
  };
  for (const name of state.usedArgs) use(name);
  return [...found.values()];
}

function sorted<T extends { ranges: readonly Range[] }>(items: T[]): T[] {
  const line = ({ ranges }: T) => ranges[0]?.start.line ?? 0;
  return items.toSorted((one, other) => line(one) - line(other));
}
