import { readFileIn } from '../../host/index.ts';
import { EngineError } from '../../kit/index.ts';

export interface Owner {
  uid: number;
  gid: number;
}

/**
 * `user[:group]` by a tree's own /etc/passwd and /etc/group. As in BuildKit a number alone is the group's, too, a name is of its own group,
 * and what is left out beside a colon is 0.
 */
export function ownerOf(text: string, root: number | undefined): Owner {
  const [user = '', group] = text.split(':');
  const uid = idOf(user, 'passwd', root);
  if (group === undefined) return { uid: uid.id, gid: uid.group };
  return { uid: uid.id, gid: idOf(group, 'group', root).id };
}

function idOf(name: string, file: 'passwd' | 'group', root: number | undefined): { id: number; group: number } {
  if (/^\d+$/.test(name)) return { id: Number(name), group: Number(name) };
  if (name === '') return { id: 0, group: 0 };
  const bytes = root === undefined ? undefined : readFileIn(root, `etc/${file}`);
  for (const row of (bytes?.toString() ?? '').split('\n')) {
    const fields = row.trim().split(':');
    if (fields[0] === name) return { id: Number(fields[2] ?? 0), group: Number(fields[3] ?? 0) };
  }
  const what = file === 'passwd' ? 'user' : 'group';
  throw new EngineError(
    'invalid',
    `invalid ${what} index: unable to find ${what} ${name}: no matching entries in ${file} file`,
  );
}
