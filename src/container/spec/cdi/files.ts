import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, messageOf } from '../../../kit/index.ts';

/** What a device, or all devices of a file, change in a container. */
export interface Edits {
  env?: string[];
  deviceNodes?: DeviceNode[];
  mounts?: { hostPath: string; containerPath: string; type?: string; options?: string[] }[];
  hooks?: { hookName: string; path: string; args?: string[]; env?: string[]; timeout?: number }[];
  additionalGids?: number[];
}

export interface DeviceNode {
  path: string;
  hostPath?: string;
  type?: string;
  major?: number;
  minor?: number;
  fileMode?: number;
  permissions?: string;
  uid?: number;
  gid?: number;
}

interface CdiFile {
  cdiVersion?: unknown;
  kind?: unknown;
  containerEdits?: Edits;
  devices?: { name: string; containerEdits?: Edits }[];
}

/**
 * The edits of every device that files in these directories describe, by its full name (`vendor.com/class=name`), those of the whole
 * file first. A later directory overrules an earlier one; a file that cannot be read is refused by name, since a device may be in it.
 */
export function readDevices(directories: string[]): Map<string, Edits[]> {
  const devices = new Map<string, Edits[]>();
  for (const path of directories.flatMap(filesIn)) {
    const { kind, containerEdits, devices: own = [] } = parse(path);
    for (const { name, containerEdits: edits } of own) {
      const both = [containerEdits, edits].filter((one) => one !== undefined);
      devices.set(`${String(kind)}=${name}`, both);
    }
  }
  return devices;
}

/** The names of those devices, and why they could not be read. */
export function discoveredDevices(directories: string[]): { names: string[]; trouble?: string } {
  try {
    return { names: [...readDevices(directories).keys()] };
  } catch (error) {
    return { names: [], trouble: messageOf(error) };
  }
}

function filesIn(directory: string): string[] {
  try {
    const names = readdirSync(directory).toSorted();
    return names.filter((name) => /\.(json|yaml|yml)$/.test(name)).map((name) => join(directory, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function parse(path: string): CdiFile {
  const wrong = (why: string, cause?: unknown) =>
    new EngineError('internal', `CDI device injection failed: failed to read CDI Spec "${path}": ${why}`, cause);
  let file: unknown;
  try {
    // JSON is YAML, too.
    file = Bun.YAML.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error), error);
  }
  if (typeof file !== 'object' || file === null) throw wrong('it holds no object');
  const { kind, cdiVersion } = file as CdiFile;
  if (typeof cdiVersion !== 'string') throw wrong('no cdiVersion');
  if (typeof kind !== 'string' || !/^[\w.-]+\/[\w.-]+$/.test(kind)) throw wrong(`invalid kind ${JSON.stringify(kind)}`);
  return file as CdiFile;
}
