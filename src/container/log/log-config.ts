import type { HostConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';
import { parseSize } from './sizes.ts';

const refuse = (message: string): EngineError => new EngineError('invalid', message);

/** What each driver takes besides `mode` and `max-buffer-size`, and how it refuses the rest; `none` takes anything. */
const drivers: Record<string, { options: string[]; unknown: (option: string) => string } | undefined> = {
  'json-file': {
    options: ['max-file', 'max-size', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', 'compress'],
    unknown: (option) => `unknown log opt '${option}' for json-file log driver`,
  },
  local: {
    options: ['max-file', 'max-size', 'compress'],
    unknown: (option) => `unknown log opt '${option}' for log driver local`,
  },
};

/** Fills in the default driver; refuses, in Docker's words, other drivers and options that a creation is refused for. */
export function checkLogConfig(hostConfig: HostConfig): void {
  const driver = hostConfig.LogConfig?.Type || 'json-file';
  const options = hostConfig.LogConfig?.Config ?? {};
  hostConfig.LogConfig = { Type: driver, Config: options } as NonNullable<HostConfig['LogConfig']>;
  if (driver === 'none') return;
  const known = drivers[driver];
  if (!known) throw refuse(`error looking up logging plugin ${driver}: plugin "${driver}" not found`);
  checkMode(options);
  for (const [option, value] of Object.entries(options)) {
    if (option === 'mode' || option === 'max-buffer-size') continue;
    if (!known.options.includes(option)) throw refuse(known.unknown(option));
    if (option === 'compress' && isTrue(value) && !misfit(driver, options)) {
      throw new EngineError('unsupported', `log opt 'compress' is not supported`);
    }
  }
}

/** No container ever waits for its log here, whatever the mode: its monitor writes to a file, and the engine reads from it. */
function checkMode(options: Record<string, string>): void {
  const { mode = '', 'max-buffer-size': size } = options;
  if (!['', 'blocking', 'non-blocking'].includes(mode)) throw refuse(`logger: logging mode not supported: ${mode}`);
  if (size === undefined) return;
  if (mode !== 'non-blocking') {
    throw refuse("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
  }
  if (parseSize(size) === undefined) throw refuse(`error parsing option max-buffer-size: invalid size: '${size}'`);
}

/** What a start would refuse: see log-file. */
function misfit(driver: string, options: Record<string, string>): boolean {
  const fewFiles = Number(options['max-file'] ?? (driver === 'local' ? 5 : 1)) < 2;
  return fewFiles || (driver === 'json-file' && options['max-size'] === undefined);
}

/** As Go reads a flag. */
export function isTrue(text: string): boolean {
  return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text);
}
