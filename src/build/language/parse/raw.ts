import type { Heredoc, Range } from '../contract.ts';

/** An instruction taken apart into words, before anything is known of what it means. */
export interface RawInstruction {
  readonly word: string;
  readonly flags: readonly string[];
  readonly args: readonly string[];
  /** Its arguments were a JSON array. */
  readonly json: boolean;
  readonly heredocs: readonly Heredoc[];
  /** All of it but its heredocs, as one line. */
  readonly line: string;
  /** The line without the blanks around it. */
  readonly code: string;
  readonly ranges: readonly Range[];
  readonly comments: readonly string[];
  /** The word that ONBUILD puts off. */
  readonly trigger?: string;
}

/** Parser directives that matter while lines are read. */
export interface Syntax {
  escape: '\\' | '`';
}
