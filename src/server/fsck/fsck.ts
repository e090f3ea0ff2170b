import { type Check, type Damage, type Finding, messageOf } from '../../kit/index.ts';

/** Looks all of the engine's data through, repairing where asked to; yields what was found, as it is found. */
export type Fsck = (options: { repair: boolean; full: boolean }) => AsyncIterable<Finding>;

/** The checks one after another; each sees what those before it have repaired. */
export function createFsck(checks: Check[]): Fsck {
  return async function* fsck({ repair, full }) {
    for (const check of checks) {
      for await (const damage of check({ full })) yield repair ? await repaired(damage) : finding(damage);
    }
  };
}

function finding({ subject, problem }: Damage): Finding {
  return { subject, problem };
}

async function repaired(damage: Damage): Promise<Finding> {
  if (!damage.repair) return finding(damage);
  try {
    return { ...finding(damage), repaired: await damage.repair() };
  } catch (error) {
    return { ...finding(damage), error: messageOf(error) };
  }
}
