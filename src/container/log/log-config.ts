import type { HostConfig } from '../../api/index.ts';
import { EngineError } from '../../kit/index.ts';

const known = [
  'max-file',
  'max-size',
  'labels',
  'labels-regex',
  'env',
  'env-regex',
  'tag',
  'compress',
  'mode',
  'max-buffer-size',
];

/** Refuses log drivers and options that would have no effect; fills in the default driver. */
export function checkLogConfig(hostConfig: HostConfig): void {
  const { Type, Config } = hostConfig.LogConfig ?? {};
  const driver = Type || 'json-file';
  hostConfig.LogConfig = { Type: driver, Config: Config ?? {} } as NonNullable<HostConfig['LogConfig']>;
  if (driver === 'none') return;
  if (driver !== 'json-file') {
    throw new EngineError('invalid', `error looking up logging plugin ${driver}: plugin "${driver}" not found`);
  }
  for (const [option, value] of Object.entries(Config ?? {})) {
    if (!known.includes(option)) {
      throw new EngineError('invalid', `unknown log opt '${option}' for json-file log driver`);
    }
    if (option === 'mode' && value !== 'blocking' && value !== 'non-blocking') {
      throw new EngineError('invalid', `logger: logging mode not supported: ${value}`);
    }
    const honoured = option.startsWith('max-s') || option === 'max-file' || neutral[option] === value;
    if (!honoured) throw new EngineError('unsupported', `log opt '${option}' is not supported`);
  }
}

/** Values that ask for what happens anyway. */
const neutral: Record<string, string> = { mode: 'blocking', compress: 'false' };
