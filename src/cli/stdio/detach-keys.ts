import type { Context } from '../command.ts';

/** Ctrl-P Ctrl-Q. */
const defaultKeys = [16, 17];

/** The detach keys of a command line, or config.json's; '' means the default. */
export function detachKeysOf({ config }: Pick<Context, 'config'>, flags: { 'detach-keys': string }): string {
  return flags['detach-keys'] || config.data.detachKeys || '';
}

/** Reads `ctrl-p,ctrl-q` or `a,b` into the bytes to look for; '' means the default. Throws for anything else. */
export function parseDetachKeys(spec: string): number[] {
  if (spec === '') return defaultKeys;
  return spec.split(',').map((key) => {
    if (key.length === 1) return key.charCodeAt(0);
    const control = /^ctrl-([a-z@[\\\]^_])$/.exec(key)?.[1];
    if (!control) throw new Error(`invalid detach keys (${spec}): Unknown character: '${key}'`);
    return control.toUpperCase().charCodeAt(0) & 31;
  });
}

/** Lets bytes through until the detach keys were pressed one after another; keys that may begin them are held back. */
export class DetachFilter {
  private readonly keys: number[];
  private matched = 0;

  constructor(keys: number[]) {
    this.keys = keys;
  }

  /** The bytes to send on, and whether the user asked to detach. */
  feed(bytes: Uint8Array): { bytes: Uint8Array; detached: boolean } {
    const passed: number[] = [];
    for (const byte of bytes) {
      if (byte !== this.keys[this.matched]) {
        passed.push(...this.keys.slice(0, this.matched));
        this.matched = 0;
      }
      if (byte === this.keys[this.matched]) this.matched++;
      else passed.push(byte);
      if (this.matched === this.keys.length) return { bytes: Uint8Array.from(passed), detached: true };
    }
    return { bytes: Uint8Array.from(passed), detached: false };
  }
}
