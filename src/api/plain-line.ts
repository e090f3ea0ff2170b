/** A command line that says all by itself, read: nothing of the user's machine is needed but the streams, and for a copy its file. */
export type PlainLine = PlainRun | PlainExec | PlainCopy;

export interface PlainRun {
  kind: 'run';
  /** What `POST /containers/create` takes. */
  body: object;
  /** '' for a name of the engine's choice. */
  name: string;
  /** '' for the engine's own. */
  platform: string;
  /** Whether standard input goes in. */
  input: boolean;
  /** Only the id is told, once it runs. */
  isDetached: boolean;
  /** Whether the signals the command gets go to the container. */
  passesSignals: boolean;
  /** What the user is told besides what the engine warns of. */
  warnings: string[];
  /** What the user reads, and the exit code, when the engine says that it cannot be started. */
  refusal(message: string): { text: string; code: number };
}

export interface PlainExec {
  kind: 'exec';
  container: string;
  /** What `POST /containers/{name}/exec` takes. */
  body: object;
  input: boolean;
}

/** One file that goes into a container, with nothing to say about it. */
export interface PlainCopy {
  kind: 'copy';
  container: string;
  /** Of a file, from where the user stands. */
  source: string;
  /** As in `cp`. */
  destination: string;
  keepsOwners: boolean;
  /** It is quiet only where standard output is no terminal. */
  unlessTerminal: boolean;
  input: false;
}
