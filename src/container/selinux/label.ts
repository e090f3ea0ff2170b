import { randomInt } from 'node:crypto';
import { EngineError } from '../../kit/index.ts';
import type { SelinuxContexts } from './contexts.ts';

/** What a container's processes and its files are labelled; an empty text is no label. */
export interface Labels {
  process: string;
  mount: string;
}

interface Context {
  user: string;
  role: string;
  type: string;
  /** Empty where the policy has no levels. */
  level: string;
}

const categories = 1024;
const pairs = (categories * (categories - 1)) / 2;
/** The level of files of containers without a label, which no container with one may have. */
const unconfinedLevel = `s0:c${categories - 2},c${categories - 1}`;

/**
 * The labels of a new container for its `label=` options, as Docker has them: the policy's own with a level that is not in `taken`, and
 * what the options say otherwise. Refuses in Docker's words what is no such option.
 */
export function initLabels(options: string[], contexts: SelinuxContexts, taken: ReadonlySet<string>): Labels {
  if (options[0] === 'disable') return unconfined(contexts);
  // A policy that knows no containers.
  if (contexts.process === '' || contexts.file === '') return { process: '', mount: contexts.file };
  const process = parseContext(contexts.process);
  const file = parseContext(contexts.file);
  for (const option of options) {
    if (option === 'disable') return unconfined(contexts);
    change(option, process, file);
  }
  if (process.level !== '' && !options.some((option) => option.startsWith('level:'))) {
    process.level = freeLevel(taken);
    file.level = process.level;
  }
  return { process: formatContext(process), mount: formatContext(file) };
}

const unconfined = ({ file }: SelinuxContexts): Labels => ({
  process: '',
  mount: file === '' ? '' : formatContext({ ...parseContext(file), level: unconfinedLevel }),
});

function change(option: string, process: Context, file: Context): void {
  const colon = option.indexOf(':');
  if (colon < 0) {
    const valid = "'disable' or \n'user, role, level, type, filetype' followed by ':' and a value";
    throw new EngineError('internal', `bad label option ${JSON.stringify(option)}, valid options ${valid}`);
  }
  const [key, value] = [option.slice(0, colon), option.slice(colon + 1)];
  switch (key) {
    case 'filetype':
      file.type = value;
      return;
    case 'user':
    case 'level':
      process[key] = value;
      file[key] = value;
      return;
    case 'role':
    case 'type':
      process[key] = value;
      return;
    // What `disable` is told is passed over.
    case 'disable':
      return;
    default: {
      const valid = "'disable, user, role, level, type, filetype'";
      throw new EngineError('internal', `bad label option ${JSON.stringify(key)}, valid options ${valid}`);
    }
  }
}

/** Two categories that nobody has together. */
function freeLevel(taken: ReadonlySet<string>): string {
  if (taken.size >= pairs - 1) throw new EngineError('unavailable', 'all pairs of SELinux categories are in use');
  for (;;) {
    const [one, other] = [randomInt(categories), randomInt(categories)];
    const level = `s0:c${Math.min(one, other)},c${Math.max(one, other)}`;
    if (one !== other && level !== unconfinedLevel && !taken.has(level)) return level;
  }
}

/** The options that give another container the label of this one, as `--ipc` and `--pid` do; none for one without. */
export function optionsOf(label: string): string[] {
  if (label === '') return [];
  const { user, role, type, level } = parseContext(label);
  if (user === '' || role === '' || type === '') return [];
  return [`user:${user}`, `role:${role}`, `type:${type}`, ...(level === '' ? [] : [`level:${level}`])];
}

/** The level of a label; empty where it has none. */
export const levelOf = (label: string): string => (label === '' ? '' : parseContext(label).level);

/** The label of files that every container of the policy may have. */
export const sharedLabel = (label: string): string => formatContext({ ...parseContext(label), level: 's0' });

function parseContext(label: string): Context {
  const [user = '', role = '', type, ...level] = label.split(':');
  if (type === undefined) throw new EngineError('internal', 'Invalid Label');
  return { user, role, type, level: level.join(':') };
}

function formatContext({ user, role, type, level }: Context): string {
  return [user, role, type, ...(level === '' ? [] : [level])].join(':');
}
