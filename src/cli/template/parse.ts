import { functions } from './functions.ts';
import { TemplateError, type Token, type TokenKind, tokenize } from './lex.ts';
import { parseNumber, unquote } from './literals.ts';
import type { Command, Node, Operand, Pipeline, Tree } from './nodes.ts';

/** Reads a template of Go's text/template; throws a TemplateError in Go's words. */
export function parseTemplate(source: string, name: string): Tree {
  return new Parser(source, name).parse();
}

type Context = 'command' | 'if' | 'with' | 'range' | 'parenthesized pipeline' | 'block clause' | 'template clause';

class Parser {
  private readonly tokens: Token[];
  private readonly tree: Tree;
  private next = 0;
  private variables = ['$'];
  private ranges = 0;
  private actionLine = 0;

  constructor(source: string, name: string) {
    this.tokens = tokenize(source);
    this.tree = { name, source, body: [], defined: new Map() };
  }

  parse(): Tree {
    while (this.peek().kind !== 'eof') {
      if (this.isDefinition()) {
        this.define();
        continue;
      }
      const node = this.textOrAction();
      if (node.kind === 'end' || node.kind === 'else') this.fail(`unexpected ${node.source}`);
      this.tree.body.push(node);
    }
    return this.tree;
  }

  private take(): Token {
    const token = this.peek();
    if (this.next < this.tokens.length - 1) this.next++;
    return token;
  }

  private peek(): Token {
    return this.tokens[this.next] as Token;
  }

  private skipSpace(): Token {
    while (this.peek().kind === 'space') this.take();
    return this.peek();
  }

  private takeNonSpace(): Token {
    this.skipSpace();
    return this.take();
  }

  private fail(words: string): never {
    const line = (this.tokens[Math.max(0, this.next - 1)] ?? this.peek()).line;
    throw new TemplateError(`template: ${this.tree.name}:${line}: ${words}`);
  }

  private unexpected(token: Token, where: string): never {
    if (token.kind !== 'error') this.fail(`unexpected ${shown(token)} in ${where}`);
    const isLater = this.actionLine !== 0 && this.actionLine !== token.line;
    const started = ` started at ${this.tree.name}:${this.actionLine}`;
    this.fail(token.text + (isLater ? (token.text.endsWith(' action') ? started : ` in action${started}`) : ''));
  }

  private expect(kind: TokenKind, where: string): Token {
    const token = this.takeNonSpace();
    if (token.kind !== kind) this.unexpected(token, where);
    return token;
  }

  private isDefinition(): boolean {
    if (this.peek().kind !== 'open') return false;
    let at = this.next + 1;
    while (this.tokens[at]?.kind === 'space') at++;
    const token = this.tokens[at];
    return token?.kind === 'keyword' && token.text === 'define';
  }

  private define(): void {
    this.take();
    this.takeNonSpace();
    const name = this.templateName('define clause');
    this.expect('close', 'define clause');
    this.tree.defined.set(name, this.apart('define clause'));
  }

  /** A body with variables of its own, up to its end. */
  private apart(where: string): Node[] {
    const [variables, ranges] = [this.variables, this.ranges];
    this.variables = ['$'];
    this.ranges = 0;
    const { nodes, end } = this.list();
    if (end.kind !== 'end') this.fail(`unexpected ${end.source} in ${where}`);
    this.variables = variables;
    this.ranges = ranges;
    return nodes;
  }

  private templateName(where: string): string {
    const token = this.takeNonSpace();
    if (token.kind !== 'string' && token.kind !== 'raw') this.unexpected(token, where);
    return this.literal(() => unquote(token.text));
  }

  private list(): { nodes: Node[]; end: Node } {
    const nodes: Node[] = [];
    while (this.skipSpace().kind !== 'eof') {
      const node = this.textOrAction();
      if (node.kind === 'end' || node.kind === 'else') return { nodes, end: node };
      nodes.push(node);
    }
    this.take();
    this.fail('unexpected EOF');
  }

  private textOrAction(): Node {
    const token = this.takeNonSpace();
    if (token.kind === 'text') return { kind: 'text', text: token.text, at: token.at, source: token.text };
    if (token.kind !== 'open') this.unexpected(token, 'input');
    this.actionLine = token.line;
    const node = this.action();
    this.actionLine = 0;
    return node;
  }

  private action(): Node {
    const { kind, text, at } = this.skipSpace();
    if (kind !== 'keyword' || text === 'define') {
      const pipeline = this.pipeline('command', 'close');
      return { kind: 'action', pipeline, at, source: `{{${pipeline.source}}}` };
    }
    this.take();
    switch (text) {
      case 'if':
      case 'with':
      case 'range':
        return this.control(text, at);
      case 'break':
      case 'continue':
        return this.leave(text, at);
      case 'template':
        return this.template(at);
      case 'block':
        return this.block(at);
      case 'end':
        this.expect('close', 'end');
        return { kind: 'end', at, source: '{{end}}' };
      default:
        return this.otherwise(at);
    }
  }

  private otherwise(at: number): Node {
    const token = this.skipSpace();
    // `else if` leaves its second word to whoever closes it.
    const goesOn = token.kind === 'keyword' && (token.text === 'if' || token.text === 'with');
    if (!goesOn) this.expect('close', 'else');
    return { kind: 'else', at, source: '{{else}}' };
  }

  private leave(kind: 'break' | 'continue', at: number): Node {
    const token = this.takeNonSpace();
    if (token.kind !== 'close') this.unexpected(token, `{{${kind}}}`);
    if (this.ranges === 0) this.fail(`{{${kind}}} outside {{range}}`);
    return { kind, at, source: `{{${kind}}}` };
  }

  private template(at: number): Node {
    const name = this.templateName('template clause');
    const place = { kind: 'template' as const, name, at: this.tokens[this.next - 1]?.at ?? at };
    if (this.skipSpace().kind === 'close') {
      this.take();
      return { ...place, pipeline: undefined, source: `{{template ${JSON.stringify(name)}}}` };
    }
    const pipeline = this.pipeline('template clause', 'close');
    return { ...place, pipeline, source: `{{template ${JSON.stringify(name)} ${pipeline.source}}}` };
  }

  private block(at: number): Node {
    const name = this.templateName('block clause');
    const pipeline = this.pipeline('block clause', 'close');
    this.tree.defined.set(name, this.apart('block clause'));
    return { kind: 'template', name, pipeline, at, source: `{{template ${JSON.stringify(name)} ${pipeline.source}}}` };
  }

  private control(kind: 'if' | 'with' | 'range', at: number): Node {
    const known = this.variables.length;
    const pipeline = this.pipeline(kind, 'close');
    if (kind === 'range') this.ranges++;
    const { nodes: body, end } = this.list();
    if (kind === 'range') this.ranges--;
    const otherwise = end.kind === 'else' ? this.elseBranch(kind) : [];
    this.variables.length = known;
    return { kind, pipeline, body, otherwise, at: pipeline.at || at, source: `{{${kind} ${pipeline.source}}}` };
  }

  private elseBranch(kind: 'if' | 'with' | 'range'): Node[] {
    const token = this.peek();
    if (token.kind === 'keyword' && token.text === kind && kind !== 'range') {
      this.take();
      return [this.control(kind, token.at)];
    }
    const { nodes, end } = this.list();
    if (end.kind !== 'end') this.fail(`expected end; found ${end.source}`);
    return nodes;
  }

  private pipeline(where: Context, close: 'close' | 'right'): Pipeline {
    const { at } = this.skipSpace();
    const { variables, assigns } = this.declarations(where);
    const commands: Command[] = [];
    for (;;) {
      const token = this.skipSpace();
      if (token.kind === close) break;
      if (!startsOperand(token)) {
        this.take();
        this.unexpected(token, where);
      }
      commands.push(this.command());
    }
    this.take();
    if (commands.length === 0) this.fail(`missing value for ${where}`);
    commands.slice(1).forEach(({ operands: [first] }, index) => {
      if (['literal', 'dot', 'nil'].includes(first.kind)) {
        this.fail(`non executable command in pipeline stage ${index + 2}`);
      }
    });
    const head = variables.length > 0 ? `${variables.join(', ')} ${assigns ? '=' : ':='} ` : '';
    return { variables, assigns, commands, at, source: head + commands.map(({ source }) => source).join(' | ') };
  }

  private declarations(where: Context): { variables: string[]; assigns: boolean } {
    const variables: string[] = [];
    while (this.skipSpace().kind === 'variable') {
      const back = this.next;
      const { text } = this.take();
      const after = this.skipSpace();
      if (after.kind === 'assign' || after.kind === 'declare') {
        this.take();
        variables.push(text);
        this.variables.push(text);
        return { variables, assigns: after.kind === 'assign' };
      }
      if (after.kind !== 'other' || after.text !== ',') {
        this.next = back;
        break;
      }
      this.take();
      variables.push(text);
      this.variables.push(text);
      if (where !== 'range' || variables.length >= 2) this.fail(`too many declarations in ${where}`);
      if (!['variable', 'close', 'right'].includes(this.skipSpace().kind)) {
        this.fail('range can only initialize variables');
      }
    }
    return { variables, assigns: false };
  }

  private command(): Command {
    const { at } = this.skipSpace();
    const operands: Operand[] = [];
    for (;;) {
      this.skipSpace();
      const operand = this.operand();
      if (operand) operands.push(operand);
      const token = this.peek();
      if (token.kind === 'close' || token.kind === 'right') break;
      this.take();
      if (token.kind === 'pipe') break;
      if (token.kind !== 'space') this.unexpected(token, 'operand');
    }
    const [first, ...rest] = operands;
    if (!first) this.fail('empty command');
    const source = operands.map((one) => (one.kind === 'pipeline' ? `(${one.source})` : one.source)).join(' ');
    return { operands: [first, ...rest], at, source };
  }

  private operand(): Operand | undefined {
    const of = this.term();
    if (!of || this.peek().kind !== 'field') return of;
    const { at } = this.peek();
    const names: string[] = [];
    while (this.peek().kind === 'field') names.push(this.take().text.slice(1));
    const source = `${of.kind === 'pipeline' ? `(${of.source})` : of.source}.${names.join('.')}`;
    if (of.kind === 'field') return { kind: 'field', names: [...of.names, ...names], at, source };
    if (of.kind === 'variable') return { ...of, names: [...of.names, ...names], at, source };
    if (of.kind === 'literal' || of.kind === 'nil' || of.kind === 'dot') {
      this.fail(`unexpected . after term ${JSON.stringify(of.source)}`);
    }
    return { kind: 'chain', of, names, at, source };
  }

  private term(): Operand | undefined {
    const token = this.skipSpace();
    if (!startsOperand(token)) return undefined;
    const { text, at } = this.take();
    const place = { at, source: text };
    switch (token.kind) {
      case 'word':
        if (!Object.hasOwn(functions, text)) this.fail(`function ${JSON.stringify(text)} not defined`);
        return { kind: 'word', name: text, ...place };
      case 'dot':
      case 'nil':
        return { kind: token.kind, ...place };
      case 'variable':
        if (!this.variables.includes(text)) this.fail(`undefined variable ${JSON.stringify(text)}`);
        return { kind: 'variable', name: text, names: [], ...place };
      case 'field':
        return { kind: 'field', names: [text.slice(1)], ...place };
      case 'bool':
        return { kind: 'literal', type: 'bool', value: text === 'true', ...place };
      case 'left': {
        const pipeline = this.pipeline('parenthesized pipeline', 'right');
        return { kind: 'pipeline', pipeline, at: pipeline.at, source: pipeline.source };
      }
      case 'string':
      case 'raw':
        return { kind: 'literal', type: 'string', value: this.literal(() => unquote(text)), ...place };
      default:
        return {
          kind: 'literal',
          type: token.kind === 'char' ? 'char' : 'number',
          value: this.literal(() => parseNumber(text)),
          ...place,
        };
    }
  }

  private literal<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.fail((error as Error).message);
    }
  }
}

const operandKinds = new Set<TokenKind>([
  'bool',
  'char',
  'dot',
  'field',
  'word',
  'number',
  'nil',
  'raw',
  'string',
  'variable',
  'left',
]);

function startsOperand({ kind }: Token): boolean {
  return operandKinds.has(kind);
}

function shown({ kind, text }: Token): string {
  if (kind === 'eof') return 'EOF';
  if (kind === 'keyword' || kind === 'nil' || kind === 'dot') return `<${text}>`;
  return text.length > 10 ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text);
}
