import { EngineError, messageOf } from '../../kit/index.ts';
import { createDrivers, unknownDriver } from '../drivers/drivers.ts';
import { parseBool, parseSize } from './numbers.ts';

type Options = Record<string, string>;

const refuse = (message: string): EngineError => new EngineError('invalid', message);

/** What the drivers that only write files take, and how each refuses the rest. */
const files: Record<string, { options: string[]; unknown: (option: string) => string } | undefined> = {
  'json-file': {
    options: ['max-file', 'max-size', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', 'compress'],
    unknown: (option) => `unknown log opt '${option}' for json-file log driver`,
  },
  local: {
    options: ['max-file', 'max-size', 'compress'],
    unknown: (option) => `unknown log opt '${option}' for log driver local`,
  },
};

/** What every driver takes. */
const common = ['mode', 'max-buffer-size', 'cache-disabled', 'cache-max-file', 'cache-max-size', 'cache-compress'];

const drivers = createDrivers();

/** The drivers there are, as `docker info` lists them. */
export const logDrivers: string[] = [...Object.keys(drivers), ...Object.keys(files)].toSorted();

/** Whether its lines are passed on to somewhere. */
export const isShipped = (driver: string | undefined): boolean => driver !== undefined && driver in drivers;

/** Refuses, in the words in which Docker refuses a creation, drivers there are not and options they do not take. */
export function checkLogOptions(driver: string, options: Options): void {
  if (driver === 'none') return;
  checkMode(options);
  checkCache(options);
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => !common.includes(name)));
  const [shipped, known] = [drivers[driver], files[driver]];
  if (!shipped && !known) throw unknownDriver(driver);
  shipped?.check(own);
  if (!known) return;
  for (const name of Object.keys(own)) if (!known.options.includes(name)) throw refuse(known.unknown(name));
}

function checkMode({ mode = '', 'max-buffer-size': size }: Options): void {
  if (!['', 'blocking', 'non-blocking'].includes(mode)) throw refuse(`logger: logging mode not supported: ${mode}`);
  if (size === undefined) return;
  if (mode !== 'non-blocking') {
    throw refuse("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  }
  try {
    parseSize(size, 1024);
  } catch (error) {
    throw new EngineError('invalid', `error parsing option max-buffer-size: ${messageOf(error)}`, error);
  }
}

function checkCache({ 'cache-disabled': disabled }: Options): void {
  if (!disabled) return;
  try {
    parseBool(disabled);
  } catch (error) {
    throw new EngineError('invalid', `invalid value for option cache-disabled: ${disabled}`, error);
  }
}

/** Whether `logs` may read what a driver wrote: a log that is passed on has a file of its own unless it was told to have none. */
export function isReadable(driver: string | undefined, options: Options = {}): boolean {
  if (driver === 'none') return false;
  // What Docker reads back from the journal itself is read from the file here.
  if (!isShipped(driver) || driver === 'journald') return true;
  const { 'cache-disabled': disabled } = options;
  return !disabled || !parseBool(disabled);
}
