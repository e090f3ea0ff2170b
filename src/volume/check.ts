import { EngineError } from '../kit/index.ts';

/** Refuses what the `local` driver cannot make, in Docker's words. */
export function checkVolume(name: string, driver: string, options: Record<string, string>): void {
  const refuse = (why: string): EngineError => new EngineError('invalid', `create ${name}: ${why}`);
  if (driver !== '' && driver !== 'local') {
    const why = `error looking up volume plugin ${driver}: plugin "${driver}" not found`;
    throw new EngineError('notFound', `create ${name}: ${why}`);
  }
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
  if (options.size !== undefined) throw refuse('quota size requested but no quota support');
  for (const option of ['device', 'type']) {
    if (!options[option]) throw refuse(`missing required option: ${JSON.stringify(option)}`);
  }
}
