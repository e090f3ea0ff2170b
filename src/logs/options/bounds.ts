import { EngineError, messageOf } from '../../kit/index.ts';
import { isShipped } from './check.ts';
import { parseBool, parseInteger, parseSize } from './numbers.ts';

/** How much of a log is kept: at most `maxFiles` files of `maxBytes`, the older ones compressed or not. */
export interface LogBounds {
  maxBytes: number;
  maxFiles: number;
  compress: boolean;
}

type Options = Record<string, string>;

/** Bounded also where the user did not ask: a chatty container must not fill the disk. */
const initial = { bytes: 20_000_000, jsonFiles: 3, localFiles: 5 };

const refuse = (words: string): EngineError => new EngineError('invalid', words);

/** What the options of a driver say of that; refused in the words in which Docker refuses a start. */
export function logBounds(driver: string, options: Options): LogBounds {
  if (driver === 'json-file') return jsonFile(options);
  return isShipped(driver) ? local(options, 'cache-') : local(options, '');
}

/** An asked-for size without a count means one file, as in Docker. */
function jsonFile({ 'max-size': size, 'max-file': count, compress }: Options): LogBounds {
  const asked = size === undefined ? undefined : parseSize(size, 1000);
  if (asked !== undefined && asked <= 0) throw refuse('max-size must be a positive number');
  const files = count === undefined ? undefined : parseInteger(count);
  if (files !== undefined && files < 1) throw refuse('max-file cannot be less than 1');
  const compressed = compress !== undefined && parseBool(compress);
  if (compressed && ((files ?? 1) === 1 || asked === undefined)) {
    throw refuse('compress cannot be true when max-file is less than 2 or max-size is not set');
  }
  const implied = asked === undefined ? initial.jsonFiles : 1;
  return { maxBytes: asked ?? initial.bytes, maxFiles: files ?? implied, compress: compressed };
}

/** Docker's `local` driver, which also keeps what is passed on. */
function local(options: Options, prefix: string): LogBounds {
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const text = options[`${prefix}${name}`];
    return text === undefined ? undefined : parse(text);
  };
  const invalid = (name: string, text: string) => `invalid value for ${prefix}${name}: ${text}`;
  const size = read('max-size', (text) => worded(invalid('max-size', text), () => parseSize(text, 1000)));
  const files = read('max-file', (text) => worded(invalid('max-file', text), () => parseInteger(text)));
  const compressed = read('compress', (text) =>
    worded(`error reading ${prefix}compress log option`, () => parseBool(text)),
  );
  if (files !== undefined && files < 0) throw refuse('max file count cannot be less than 0');
  const [compress, maxFiles] = [compressed ?? true, Math.max(files ?? initial.localFiles, 1)];
  if (compress && maxFiles === 1) throw refuse('compression cannot be enabled when max file count is 1');
  return { maxBytes: size || initial.bytes, maxFiles, compress };
}

function worded<T>(before: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new EngineError('invalid', `${before}: ${messageOf(error)}`, error);
  }
}
