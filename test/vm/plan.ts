/** What the machine is told to do, in `plan.json` on the disk with the tree. */
export interface Plan {
  /** Test files, relative to the tree; `selinux` are those of a boot with SELinux instead of AppArmor. */
  files: string[];
  selinux: string[];
  /** A line for the shell instead of tests. */
  command?: string;
  /** Only tests whose names match: in all files, or in those named here. */
  pattern?: string;
  patterns: Record<string, string>;
  /** How many times slower than others the machine is. */
  slowness: number;
  /** Seconds that one file may take. */
  patience: number;
}

/** How one file ended; a line of the machine's console, behind `mark`. */
export interface Outcome {
  file: string;
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
  /** What failed, and what was passed over, by name. */
  failures: string[];
  skips: string[];
}

/** What a line of the console begins with that is for the one who started the machine. */
export const mark = '@@vm ';
