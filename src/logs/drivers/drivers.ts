import { EngineError } from '../../kit/index.ts';
import type { LogDriver } from './contract.ts';
import { fluentd } from './fluentd/fluentd.ts';
import { gelf } from './gelf/gelf.ts';
import { createJournald } from './journald/journald.ts';
import { syslog } from './syslog/syslog.ts';

/** Every driver that passes lines on, by its name. */
export function createDrivers({ journal }: { journal?: string } = {}): Record<string, LogDriver> {
  return { fluentd, gelf, journald: createJournald(journal), syslog };
}

/** Docker's drivers for services of one provider, or of another system. */
const absent = ['awslogs', 'etwlogs', 'gcplogs', 'splunk'];

/** What is said of a name that no driver has. */
export function unknownDriver(name: string): EngineError {
  if (!absent.includes(name))
    return new EngineError('invalid', `error looking up logging plugin ${name}: plugin "${name}" not found`);
  const others = 'fluentd, gelf, journald, json-file, local and syslog';
  return new EngineError('invalid', `the log driver ${name} is not supported here: use one of ${others}`);
}
