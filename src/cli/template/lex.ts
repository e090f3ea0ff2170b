/** What a token is; a keyword is its own kind. */
export type TokenKind =
  | 'text'
  | 'open'
  | 'close'
  | 'space'
  | 'field'
  | 'variable'
  | 'word'
  | 'keyword'
  | 'bool'
  | 'string'
  | 'raw'
  | 'char'
  | 'number'
  | 'dot'
  | 'nil'
  | 'declare'
  | 'assign'
  | 'pipe'
  | 'left'
  | 'right'
  | 'other'
  | 'error'
  | 'eof';

/** One token with its place in the source. */
export interface Token {
  kind: TokenKind;
  text: string;
  at: number;
  line: number;
}

/** A template that cannot be read or carried out, in Go's words. */
export class TemplateError extends Error {
  /** What was made before it went wrong. */
  written = '';
}

const keywords = new Set('block break continue define else end if range template with'.split(' '));
const spaces = /[ \t\r\n]/;
const alphanumeric = /[\p{L}\p{Nd}_]/u;

/** Cuts a template into tokens, the last an error or the end; trim markers and comments take effect here. */
export function tokenize(source: string): Token[] {
  return new Lexer(source).run();
}

class Lexer {
  private readonly tokens: Token[] = [];
  private at = 0;
  private start = 0;
  private line = 1;
  private depth = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  run(): Token[] {
    while (this.text()) {
      while (this.inside()) {
        // until the action is closed
      }
      if (this.tokens.at(-1)?.kind === 'error') break;
    }
    return this.tokens;
  }

  private emit(kind: TokenKind): void {
    const text = this.source.slice(this.start, this.at);
    this.tokens.push({ kind, text, at: this.start, line: this.line });
    this.line += text.split('\n').length - 1;
    this.start = this.at;
  }

  private fail(words: string): false {
    this.tokens.push({ kind: 'error', text: words, at: this.start, line: this.line });
    return false;
  }

  private skip(to: number): void {
    this.line += this.source.slice(this.start, to).split('\n').length - 1;
    this.at = to;
    this.start = to;
  }

  private ahead(text: string): boolean {
    return this.source.startsWith(text, this.at);
  }

  /** Text up to the next action; true when there is one. */
  private text(): boolean {
    const open = this.source.indexOf('{{', this.at);
    const end = open < 0 ? this.source.length : open;
    const trims = open >= 0 && /^-[ \t\r\n]/.test(this.source.slice(open + 2, open + 4));
    const text = this.source.slice(this.at, end);
    this.at += trims ? text.trimEnd().length : text.length;
    if (this.at > this.start) this.emit('text');
    if (open < 0) {
      this.emit('eof');
      return false;
    }
    this.skip(open);
    const body = open + (trims ? 4 : 2);
    if (this.source.startsWith('/*', body)) return this.comment(body);
    this.at = open + 2;
    this.emit('open');
    this.skip(open + (trims ? 3 : 2));
    this.depth = 0;
    return true;
  }

  private comment(body: number): boolean {
    const end = this.source.indexOf('*/', body);
    if (end < 0) return this.fail('unclosed comment');
    const rest = this.source.slice(end + 2);
    const close = /^(?:[ \t\r\n]-)?\}\}/.exec(rest)?.[0];
    if (close === undefined) return this.fail('comment ends before closing delimiter');
    this.skip(end + 2 + close.length);
    if (close.length > 2)
      this.skip(this.at + (this.source.slice(this.at).length - this.source.slice(this.at).trimStart().length));
    return this.text();
  }

  /** One token of an action; false when the action is closed or wrong. */
  private inside(): boolean {
    const trims = /^[ \t\r\n]-\}\}/.test(this.source.slice(this.at, this.at + 4));
    if (trims || this.ahead('}}')) return this.close(trims);
    const letter = this.source.charAt(this.at);
    if (letter === '' || this.at >= this.source.length) return this.fail('unclosed action');
    if (spaces.test(letter)) return this.space();
    switch (letter) {
      case '=':
        return this.take('assign', 1);
      case ':':
        return this.ahead(':=') ? this.take('declare', 2) : this.fail('expected :=');
      case '|':
        return this.take('pipe', 1);
      case '"':
        return this.quoted('"', 'string', 'unterminated quoted string');
      case '`':
        return this.rawQuoted();
      case "'":
        return this.quoted("'", 'char', 'unterminated character constant');
      case '$':
        this.at++;
        return this.name('variable');
      case '(':
        this.depth++;
        return this.take('left', 1);
      case ')':
        this.depth--;
        return this.depth < 0 ? this.fail('unexpected right paren') : this.take('right', 1);
    }
    return this.operand(letter);
  }

  private operand(letter: string): boolean {
    if (letter === '.' && !/\d/.test(this.source.charAt(this.at + 1))) {
      this.at++;
      return this.name('field');
    }
    if (/[.+\-\d]/.test(letter)) return this.number();
    const point = String.fromCodePoint(this.source.codePointAt(this.at) ?? 0);
    if (alphanumeric.test(point)) return this.word();
    if (/[ -~]/.test(letter)) return this.take('other', 1);
    return this.fail(`unrecognized character in action: ${unicodeName(point)}`);
  }

  private take(kind: TokenKind, length: number): true {
    this.at += length;
    this.emit(kind);
    return true;
  }

  private close(trims: boolean): boolean {
    if (this.depth > 0) return this.fail('unclosed left paren');
    if (trims) this.skip(this.at + 2);
    this.take('close', 2);
    if (trims) {
      const rest = this.source.slice(this.at);
      this.skip(this.at + rest.length - rest.trimStart().length);
    }
    return false;
  }

  private space(): boolean {
    while (spaces.test(this.source.charAt(this.at)) && this.at < this.source.length) {
      if (/^[ \t\r\n]-\}\}/.test(this.source.slice(this.at, this.at + 4)) && this.at > this.start) break;
      this.at++;
    }
    this.emit('space');
    return true;
  }

  private quoted(quote: string, kind: TokenKind, fault: string): boolean {
    this.at++;
    for (;;) {
      const letter = this.source.charAt(this.at);
      if (letter === '\\' && !['', '\n'].includes(this.source.charAt(this.at + 1))) this.at += 2;
      else if (letter === '' || letter === '\n' || letter === '\\') return this.fail(fault);
      else if (letter === quote) return this.take(kind, 1);
      else this.at++;
    }
  }

  private rawQuoted(): boolean {
    const end = this.source.indexOf('`', this.at + 1);
    if (end < 0) return this.fail('unterminated raw quoted string');
    return this.take('raw', end + 1 - this.at);
  }

  /** `.name` or `$name`; alone the dot itself or `$`. */
  private name(kind: 'field' | 'variable'): boolean {
    if (this.ends()) {
      this.emit(kind === 'field' ? 'dot' : 'variable');
      return true;
    }
    this.alphanumerics();
    if (!this.ends()) return this.fail(`bad character ${unicodeName(this.point())}`);
    this.emit(kind);
    return true;
  }

  private word(): boolean {
    this.alphanumerics();
    if (!this.ends()) return this.fail(`bad character ${unicodeName(this.point())}`);
    const text = this.source.slice(this.start, this.at);
    if (keywords.has(text)) this.emit('keyword');
    else if (text === 'nil') this.emit('nil');
    else this.emit(text === 'true' || text === 'false' ? 'bool' : 'word');
    return true;
  }

  private number(): boolean {
    const pattern = /[+-]?(?:0[xX][\da-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[\d_]*\.?[\d_]*(?:[eE][+-]?[\d_]+)?)/y;
    pattern.lastIndex = this.at;
    this.at += pattern.exec(this.source)?.[0].length ?? 0;
    if (alphanumeric.test(this.point()) && this.at < this.source.length) {
      this.at += this.point().length;
      return this.fail(`bad number syntax: ${JSON.stringify(this.source.slice(this.start, this.at))}`);
    }
    this.emit('number');
    return true;
  }

  private alphanumerics(): void {
    while (this.at < this.source.length && alphanumeric.test(this.point())) this.at += this.point().length;
  }

  private point(): string {
    return String.fromCodePoint(this.source.codePointAt(this.at) ?? 0);
  }

  /** Whether what comes next may end a name. */
  private ends(): boolean {
    return this.at >= this.source.length || /[ \t\r\n.,|:()]/.test(this.source.charAt(this.at)) || this.ahead('}}');
  }
}

function unicodeName(point: string): string {
  const code = (point.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${code} '${point}'`;
}
