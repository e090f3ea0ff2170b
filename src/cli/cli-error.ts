/** A failure with an exit code of its own. With `hint` the program's name comes before and a pointer to the help after it. */
export class CliError extends Error {
  readonly code: number;
  readonly hint: boolean;

  constructor(message: string, code = 1, hint = false) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
