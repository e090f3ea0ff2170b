import { crashpoint, EngineError } from '../../kit/index.ts';
import type { Context } from '../context.ts';
import { resolve } from '../lookup.ts';
import { makeMounts, unmakeMounts } from '../make/volumes.ts';
import { type ContainerRow, changeRow, getRow } from '../row.ts';
import { checkSecrets, secretsOf } from '../secrets/secrets.ts';
import type { MountPoint } from '../spec/index.ts';
import type { ConfigChange, Remake } from './contract.ts';
import { changedEnv, changedLabels } from './env.ts';
import { changedMounts } from './mounts.ts';
import { holdUsed, remadeAs, takenOver } from './remake.ts';
import { restartRemade } from './restart-remade.ts';

/**
 * See Containers.change. One commit makes it all: at once where there is no process; otherwise it waits in the row for the end of the
 * process, whose exit takes it over in the same commit.
 */
export async function change(
  context: Context,
  reference: string,
  asked: ConfigChange,
  { restart }: { restart: boolean },
): Promise<{ Warnings: string[] }> {
  const { id } = resolve(context.store, reference);
  const { warnings, row } = await context.locks.run(id, () => changeLocked(context, id, asked, restart));
  context.events.publish(row, 'update');
  if (row.next?.restart) await restartRemade(context, id);
  return { Warnings: warnings };
}

async function changeLocked(
  context: Context,
  id: string,
  asked: ConfigChange,
  restart: boolean,
): Promise<{ warnings: string[]; row: ContainerRow }> {
  const row = getRow(context.store, id);
  const before = remadeAs(row);
  const Labels = changedLabels(row.config.Labels ?? {}, asked);
  const env = changedEnv(before.config.Env ?? [], asked);
  const { hostConfig, mounts, volumes, added, left } = changedMounts(before, asked, context.dataRoot);
  checkSecrets(
    context.store.view((tx) => secretsOf(tx, id)),
    placesOf([...mounts, ...added], hostConfig),
  );
  const made = await makeMounts(context, added);
  // Docker shows null for none.
  const config = { Env: (env.length > 0 ? env : null) as string[], Volumes: (volumes ?? null) as object };
  const remake: Remake = { config, hostConfig, mounts: [...mounts, ...made] };
  const isPlain = [asked.env, asked.envRemove, asked.mounts, asked.mountsRemove].every(({ length }) => length === 0);
  try {
    const wanted = asChanged(context, { ...row, config: { ...row.config, Labels } }, { remake, isPlain, restart });
    const changed = changeRow(context.store, id, wanted, (tx) => holdUsed(tx, wanted));
    crashpoint('container.changed');
    return { warnings: [...leftVolumes(context, left), ...waits(changed)], row: changed };
  } catch (error) {
    await unmakeMounts(context, added, made);
    throw error;
  }
}

function placesOf(mounts: MountPoint[], { Tmpfs }: Remake['hostConfig']): string[] {
  return [...mounts.map(({ destination }) => destination), ...Object.keys(Tmpfs ?? {})];
}

interface Wish {
  remake: Remake;
  /** Neither variables nor mounts are to change. */
  isPlain: boolean;
  restart: boolean;
}

function asChanged(context: Context, row: ContainerRow, { remake, isPlain, restart }: Wish): ContainerRow {
  const next = isPlain ? row.next : remake;
  if (!next) {
    if (restart) throw new EngineError('invalid', 'nothing is to be changed for which it would be restarted');
    return row;
  }
  if (!context.runs.has(row.id)) return { ...row, ...takenOver(row, next) };
  return { ...row, next: { ...next, ...((restart || row.next?.restart) && { restart: true as const }) } };
}

function waits({ name, next }: ContainerRow): string[] {
  if (!next || next.restart) return [];
  return [`${name} runs on as it was started; the change holds from its next start on`];
}

/** What was written to a volume that nobody named is not thrown away. */
function leftVolumes(context: Context, left: MountPoint[]): string[] {
  const anonymous = left.filter(({ type, name }) => type === 'volume' && context.volumes.isAnonymous(name));
  return anonymous.map(({ name, destination }) => `what was at ${destination} stays in the volume ${name}`);
}
