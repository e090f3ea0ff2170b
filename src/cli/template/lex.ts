/** One token of an action. */
export interface Token {
  kind: 'field' | 'variable' | 'word' | 'string' | 'number' | 'char' | 'punct';
  text: string;
}

/** A template as a row of texts and actions. */
export type Piece = { text: string } | { action: Token[]; source: string };

/** A template that cannot be read or carried out. */
export class TemplateError extends Error {}

/** Cuts a template at `{{` and `}}`; trim markers and comments take effect here. */
export function cut(source: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = source;
  let trimNext = false;
  while (rest !== '') {
    const open = rest.indexOf('{{');
    let text = open < 0 ? rest : rest.slice(0, open);
    if (trimNext) text = text.trimStart();
    const inside = open < 0 ? undefined : takeAction(rest.slice(open + 2));
    if (inside?.trimBefore) text = text.trimEnd();
    if (text !== '') pieces.push({ text });
    if (!inside) break;
    trimNext = inside.trimAfter;
    rest = inside.rest;
    if (!inside.isComment) pieces.push({ action: tokens(inside.body), source: inside.body.trim() });
  }
  return pieces;
}

function takeAction(text: string) {
  const trimBefore = /^-\s/.test(text);
  const start = trimBefore ? 1 : 0;
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const letter = text.charAt(at);
    if (quote !== '') {
      if (letter === '\\' && quote !== '`') at++;
      else if (letter === quote) quote = '';
    } else if ('"`\''.includes(letter)) quote = letter;
    else if (text.startsWith('}}', at)) {
      const trimAfter = /\s-$/.test(text.slice(0, at));
      const body = text.slice(start, trimAfter ? at - 1 : at);
      const isComment = /^\s*\/\*[\s\S]*\*\/\s*$/.test(body);
      return { body, trimBefore, trimAfter, isComment, rest: text.slice(at + 2) };
    }
  }
  throw new TemplateError(quote === '' ? 'unclosed action' : 'unterminated quoted string');
}

const patterns: [Token['kind'], RegExp][] = [
  ['string', /^(?:"(?:\\.|[^"\\])*"|`[^`]*`)/],
  ['char', /^'(?:\\.|[^'\\])'/],
  ['number', /^[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?)/],
  ['field', /^\.[\p{L}_][\p{L}\p{N}_]*/u],
  ['variable', /^\$[\p{L}\p{N}_]*/u],
  ['word', /^[\p{L}_][\p{L}\p{N}_]*/u],
  ['punct', /^(?::=|[.()|=,])/],
];

function tokens(body: string): Token[] {
  const found: Token[] = [];
  let rest = body.trimStart();
  while (rest !== '') {
    const [kind, match] = firstMatch(rest);
    if (!kind || !match) throw new TemplateError(`unexpected ${JSON.stringify(rest.charAt(0))} in command`);
    rest = rest.slice(match.length);
    // Space tells `.A .B` (two operands) from `.A.B` (one chain).
    const chained =
      kind === 'field' && found.length > 0 && !/\s$/.test(body.slice(0, body.length - rest.length - match.length));
    found.push({ kind, text: chained ? match : kind === 'field' ? ` ${match}` : match });
    rest = rest.trimStart();
  }
  return found;
}

function firstMatch(text: string): [Token['kind'], string] | [undefined, undefined] {
  for (const [kind, pattern] of patterns) {
    const match = pattern.exec(text);
    if (match) return [kind, match[0]];
  }
  return [undefined, undefined];
}
