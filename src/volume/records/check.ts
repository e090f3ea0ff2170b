import { EngineError } from '../../kit/index.ts';
import { canLimit, parseSize } from '../local/disk.ts';

/** Refuses what the `local` driver cannot make, in Docker's words. */
export function checkLocal(name: string, options: Record<string, string>): void {
  const refuse = (why: string): EngineError => new EngineError('invalid', `create ${name}: ${why}`);
  if (name.length === 1) throw refuse('volume name is too short, names should be at least two alphanumeric characters');
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
    throw refuse(
      `${JSON.stringify(name)} includes invalid characters for a local volume name, only ` +
        '"[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path',
    );
  }
  checkOptions(options, refuse);
}

function checkOptions(options: Record<string, string>, refuse: (why: string) => EngineError): void {
  const known = ['type', 'o', 'device', 'size'];
  const given = Object.keys(options);
  const unknown = given.find((option) => !known.includes(option));
  if (unknown !== undefined) throw refuse(`invalid option: ${JSON.stringify(unknown)}`);
  if (given.length === 0) return;
  if (options.size !== undefined) {
    checkSize(options, refuse);
    return;
  }
  for (const option of ['device', 'type']) {
    if (!options[option]) throw refuse(`missing required option: ${JSON.stringify(option)}`);
  }
}

/** A volume that is itself a mount of something else has the size of that. */
function checkSize({ size = '', ...others }: Record<string, string>, refuse: (why: string) => EngineError): void {
  const bytes = parseSize(size);
  if (bytes === undefined) throw refuse(`invalid size: '${size}'`);
  if (Object.keys(others).length > 0 || !canLimit()) throw refuse('quota size requested but no quota support');
  if (bytes < smallest) throw refuse(`invalid size: '${size}': the smallest is 1m`);
}

const smallest = 1 << 20;
