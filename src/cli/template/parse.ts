import { functions } from './functions.ts';
import { cut, type Piece, TemplateError, type Token } from './lex.ts';

/** An operand or call inside an action. */
export type Expression =
  | { kind: 'literal'; value: unknown }
  | { kind: 'dot' }
  | { kind: 'variable'; name: string }
  | { kind: 'field'; of: Expression; name: string }
  | { kind: 'call'; name: string; args: Expression[] }
  | { kind: 'apply'; target: Expression; args: Expression[] };

/** What a template does, step by step. */
export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'print'; value: Expression; source: string }
  | { kind: 'set'; name: string; value: Expression; source: string }
  | { kind: 'if' | 'with'; value: Expression; body: Node[]; otherwise: Node[]; source: string }
  | { kind: 'range'; value: Expression; names: string[]; body: Node[]; otherwise: Node[]; source: string };

/** Reads a template of Go's text/template, without nested definitions. */
export function parseTemplate(source: string): Node[] {
  const pieces = cut(source);
  const nodes = parseBlock(pieces, []);
  if (pieces.length > 0) throw new TemplateError(`unexpected {{${wordOf(pieces[0])}}}`);
  return nodes;
}

/** Reads until one of the words that may end the block; that piece stays. */
function parseBlock(pieces: Piece[], ends: string[]): Node[] {
  const nodes: Node[] = [];
  while (pieces.length > 0) {
    const word = wordOf(pieces[0]);
    if (ends.includes(word)) return nodes;
    if (word === 'end' || word === 'else') return nodes;
    const piece = pieces.shift() as Piece;
    nodes.push('text' in piece ? { kind: 'text', text: piece.text } : parseAction(piece, pieces));
  }
  if (ends.length > 0) throw new TemplateError('unexpected EOF');
  return nodes;
}

function wordOf(piece: Piece | undefined): string {
  if (!piece || 'text' in piece) return '';
  const first = piece.action[0];
  return first?.kind === 'word' ? first.text : '';
}

function parseAction(piece: { action: Token[]; source: string }, pieces: Piece[]): Node {
  const { action, source } = piece;
  if (action.length === 0) throw new TemplateError('missing value for command');
  const word = action[0]?.kind === 'word' ? action[0].text : '';
  if (word === 'if' || word === 'with') return parseBranch(word, action.slice(1), source, pieces);
  if (word === 'range') {
    const { names, rest } = takeNames(action.slice(1));
    const value = parsePipeline(rest);
    return { kind: 'range', value, names, source, ...parseBodies(pieces, 'range') };
  }
  const { names, rest } = takeNames(action);
  if (names[0] !== undefined) return { kind: 'set', name: names[0], value: parsePipeline(rest), source };
  return { kind: 'print', value: parsePipeline(action), source };
}

function parseBranch(kind: 'if' | 'with', action: Token[], source: string, pieces: Piece[]): Node {
  return { kind, value: parsePipeline(action), source, ...parseBodies(pieces, kind) };
}

function parseBodies(pieces: Piece[], kind: string): { body: Node[]; otherwise: Node[] } {
  const body = parseBlock(pieces, ['end', 'else']);
  const closing = pieces.shift() as { action: Token[]; source: string };
  if (wordOf(closing) === 'end') return { body, otherwise: [] };
  const next = closing.action[1]?.text;
  if (next === 'if' || next === 'with') {
    if (next !== kind) throw new TemplateError(`unexpected <${next}> in input`);
    // `else if` closes with the same `end`.
    return { body, otherwise: [parseBranch(next, closing.action.slice(2), closing.source, pieces)] };
  }
  const otherwise = parseBlock(pieces, ['end']);
  pieces.shift();
  return { body, otherwise };
}

/** `$a, $b := …` */
function takeNames(tokens: Token[]): { names: string[]; rest: Token[] } {
  const at = tokens.findIndex((token) => token.text === ':=' || token.text === '=');
  if (at < 0) return { names: [], rest: tokens };
  const names = tokens.slice(0, at).filter((token) => token.kind === 'variable');
  return { names: names.map((token) => token.text), rest: tokens.slice(at + 1) };
}

function parsePipeline(tokens: Token[]): Expression {
  const rest = [...tokens];
  const value = readPipeline(rest);
  if (rest.length > 0) throw new TemplateError(`unexpected ${JSON.stringify(rest[0]?.text)} in operand`);
  return value;
}

function readPipeline(tokens: Token[]): Expression {
  let value = readCommand(tokens, undefined);
  while (tokens[0]?.text === '|') {
    tokens.shift();
    value = readCommand(tokens, value);
  }
  return value;
}

function readCommand(tokens: Token[], piped: Expression | undefined): Expression {
  const first = tokens[0];
  if (!first) throw new TemplateError('missing value for command');
  if (first.kind === 'word' && !['true', 'false', 'nil'].includes(first.text)) {
    tokens.shift();
    if (!Object.hasOwn(functions, first.text)) throw new TemplateError(`function "${first.text}" not defined`);
    const args = readOperands(tokens);
    return { kind: 'call', name: first.text, args: piped ? [...args, piped] : args };
  }
  const target = readOperand(tokens);
  const args = readOperands(tokens);
  if (piped) args.push(piped);
  return args.length > 0 ? { kind: 'apply', target, args } : target;
}

function readOperands(tokens: Token[]): Expression[] {
  const found: Expression[] = [];
  while (tokens.length > 0 && tokens[0]?.text !== '|' && tokens[0]?.text !== ')') found.push(readOperand(tokens));
  return found;
}

function readOperand(tokens: Token[]): Expression {
  const token = tokens.shift();
  if (!token) throw new TemplateError('missing value for command');
  let value = readAtom(token, tokens);
  while (tokens[0]?.kind === 'field' && !tokens[0].text.startsWith(' ')) {
    value = { kind: 'field', of: value, name: (tokens.shift() as Token).text.slice(1) };
  }
  return value;
}

function readAtom(token: Token, tokens: Token[]): Expression {
  switch (token.kind) {
    case 'field':
      return { kind: 'field', of: { kind: 'dot' }, name: token.text.trim().slice(1) };
    case 'variable':
      return { kind: 'variable', name: token.text };
    case 'number':
      return { kind: 'literal', value: Number(token.text) };
    case 'char':
      return { kind: 'literal', value: unquote(`"${token.text.slice(1, -1)}"`).codePointAt(0) ?? 0 };
    case 'string':
      return { kind: 'literal', value: token.text.startsWith('`') ? token.text.slice(1, -1) : unquote(token.text) };
    case 'word':
      if (token.text === 'true' || token.text === 'false') return { kind: 'literal', value: token.text === 'true' };
      if (token.text === 'nil') return { kind: 'literal', value: null };
      return { kind: 'call', name: token.text, args: [] };
    case 'punct':
      break;
  }
  if (token.text === '.') return { kind: 'dot' };
  if (token.text !== '(') throw new TemplateError(`unexpected ${JSON.stringify(token.text)} in command`);
  const inner = readPipeline(tokens);
  if (tokens.shift()?.text !== ')') throw new TemplateError('unclosed left paren');
  return inner;
}

const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)/g, (_, code: string) => {
    if (code.length > 1) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return escapes[code] ?? code;
  });
}
