import { fs } from '../lazy.ts';

/** `--security-opt`: a seccomp profile goes along as text; `systempaths=unconfined` empties the masked and read-only paths. */
export function readSecurityOptions(options: string[]): object {
  const kept: string[] = [];
  let paths = {};
  for (const option of options) {
    if (option === 'systempaths=unconfined') paths = { MaskedPaths: [], ReadonlyPaths: [] };
    else kept.push(readProfile(option));
  }
  return { SecurityOpt: kept.length > 0 ? kept : null, ...paths };
}

function readProfile(option: string): string {
  const at = option.search(/[=:]/);
  if (at < 0 && option !== 'no-new-privileges') throw new Error(`Invalid --security-opt: ${JSON.stringify(option)}`);
  const [name, value] = [option.slice(0, at), option.slice(at + 1)];
  if (name !== 'seccomp' || value === 'unconfined' || value === 'builtin') return option;
  let profile: string;
  try {
    profile = fs().readFileSync(value, 'utf8');
  } catch (error) {
    throw new Error(`opening seccomp profile (${value}) failed: ${reason(error, value)}`, { cause: error });
  }
  return `seccomp=${JSON.stringify(JSON.parse(profile))}`;
}

function reason(error: unknown, path: string): string {
  return (error as { code?: string }).code === 'ENOENT'
    ? `open ${path}: no such file or directory`
    : (error as Error).message;
}
