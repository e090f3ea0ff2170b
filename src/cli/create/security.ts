import { fs } from '../lazy.ts';

/** `--security-opt`: a seccomp profile goes along as text; `systempaths=unconfined` empties the masked and read-only paths. */
export function readSecurityOptions(options: string[]): object {
  const kept: string[] = [];
  let paths = {};
  for (const option of options.map(readOption)) {
    if (option === 'systempaths=unconfined') paths = { MaskedPaths: [], ReadonlyPaths: [] };
    else kept.push(option);
  }
  return { SecurityOpt: kept.length > 0 ? kept : null, ...paths };
}

function readOption(option: string): string {
  const equals = option.indexOf('=');
  const at = equals < 0 && option !== 'no-new-privileges' ? option.indexOf(':') : equals;
  const [name, value] = at < 0 ? [option, ''] : [option.slice(0, at), option.slice(at + 1)];
  if (value === '' && name !== 'no-new-privileges')
    throw new Error(`Invalid --security-opt: ${JSON.stringify(option)}`);
  if (name !== 'seccomp' || value === 'unconfined' || value === 'builtin') return option;
  return `seccomp=${compactJson(readProfile(value), value)}`;
}

function readProfile(path: string): string {
  try {
    return fs().readFileSync(path, 'utf8');
  } catch (error) {
    const isMissing = (error as { code?: string }).code === 'ENOENT';
    const reason = isMissing ? `open ${path}: no such file or directory` : (error as Error).message;
    throw new Error(`opening seccomp profile (${path}) failed: ${reason}`, { cause: error });
  }
}

/** The profile without the space between its tokens; its numbers stay as they are written. */
function compactJson(text: string, path: string): string {
  try {
    JSON.parse(text);
  } catch (error) {
    const reason = (error as Error).message;
    throw new Error(`compacting json for seccomp profile (${path}) failed: ${reason}`, { cause: error });
  }
  return text.replace(/("(?:\\.|[^"\\])*")|\s+/g, (_, literal: string | undefined) => literal ?? '');
}
