import { functions as allFunctions, type Definition, type Kind } from './functions.ts';
import { TemplateError } from './lex.ts';
import type { Command, Node, Operand, Pipeline, Tree } from './nodes.ts';
import { parseTemplate } from './parse.ts';
import { plainColumns, plainTemplate } from './plain.ts';
import { goString, isTrue, sortedEntries, typeName } from './print.ts';
import { GoTime, shapeOf } from './shapes.ts';

/** A template ready to be filled; throws TemplateError when it cannot be. */
export type Template = (data: unknown) => string;

export interface TemplateOptions {
  /** The name that errors bear; none unless said. */
  name?: string;
  /** What the data is called where it lacks a field; a map without it. */
  typeName?: string | undefined;
  functions?: Record<string, Definition>;
  /** A missing entry of a map is no value, not an error. */
  lenient?: boolean;
}

/** Reads a template; throws a TemplateError in Go's words. Fields of data may be functions: they are its methods. */
export function compileTemplate(source: string, options: TemplateOptions = {}): Template {
  const tree = parseTemplate(source, options.name ?? '');
  const plain = plainTemplate(tree);
  return (data) => plain?.(data) ?? new Run(tree, data, options).all();
}

/** See plainColumns; throws as compileTemplate does. */
export function columnsOf(source: string, data: Record<string, unknown>[]): string[][] | undefined {
  return plainColumns(parseTemplate(source, ''), data);
}

class Leave extends Error {
  readonly kind: 'break' | 'continue';

  constructor(kind: 'break' | 'continue') {
    super(kind);
    this.kind = kind;
  }
}

type Variable = { name: string; value: unknown };

const missing = Symbol('no value was piped');
const deepest = 1000;

class Run {
  private out = '';
  private variables: Variable[];
  private place: { at: number; source: string };
  private depth = 0;
  private readonly tree: Tree;
  private readonly data: unknown;
  private readonly options: TemplateOptions;
  private running: string;

  constructor(tree: Tree, data: unknown, options: TemplateOptions) {
    this.tree = tree;
    this.data = data;
    this.options = options;
    this.running = tree.name;
    this.variables = [{ name: '$', value: data }];
    this.place = { at: 0, source: '' };
  }

  all(): string {
    try {
      this.list(this.tree.body, this.data);
    } catch (error) {
      if (error instanceof TemplateError) error.written = this.out;
      throw error;
    }
    return this.out;
  }

  private fail(words: string): never {
    const before = Buffer.from(this.tree.source.slice(0, this.place.at)).toString();
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
    const where = `${this.tree.name}:${line}:${column}`;
    throw new TemplateError(
      `template: ${where}: executing ${JSON.stringify(this.running)} at <${this.place.source}>: ${words}`,
    );
  }

  private list(nodes: Node[], dot: unknown): void {
    for (const node of nodes) this.node(node, dot);
  }

  private node(node: Node, dot: unknown): void {
    this.place = node;
    switch (node.kind) {
      case 'text':
        this.out += node.text;
        return;
      case 'action': {
        const value = this.pipeline(node.pipeline, dot);
        if (node.pipeline.variables.length === 0) this.out += this.printed(value);
        return;
      }
      case 'if':
      case 'with':
        this.scoped(() => {
          const value = this.pipeline(node.pipeline, dot);
          if (isTrue(value)) this.list(node.body, node.kind === 'with' ? value : dot);
          else this.list(node.otherwise, dot);
        });
        return;
      case 'range':
        this.scoped(() => this.range(node, dot));
        return;
      case 'template':
        this.template(node, dot);
        return;
      case 'break':
      case 'continue':
        throw new Leave(node.kind);
      default:
        return;
    }
  }

  /** What an action prints: of no type there is no value, a typed pointer to nothing is nil. */
  private printed(value: unknown): string {
    return value === null && !shapeOf(this.data) ? '<no value>' : goString(value);
  }

  private scoped(work: () => void): void {
    const known = this.variables.length;
    try {
      work();
    } finally {
      this.variables.length = known;
    }
  }

  private range(node: Extract<Node, { kind: 'if' | 'with' | 'range' }>, dot: unknown): void {
    const { variables, assigns } = node.pipeline;
    const value = this.pipeline({ ...node.pipeline, variables: [] }, dot);
    const entries = this.entries(value);
    if (entries.length === 0) this.list(node.otherwise, dot);
    for (const [key, item] of entries) {
      try {
        this.scoped(() => {
          const [first, second] = variables;
          const given: Variable[] =
            second === undefined
              ? first === undefined
                ? []
                : [{ name: first, value: item }]
              : [
                  { name: first ?? '', value: key },
                  { name: second, value: item },
                ];
          for (const one of given) this.set(one, assigns);
          this.list(node.body, item);
        });
      } catch (error) {
        if (!(error instanceof Leave)) throw error;
        if (error.kind === 'break') return;
      }
    }
  }

  private entries(value: unknown): [unknown, unknown][] {
    if (Array.isArray(value)) return value.map((item, at) => [at, item]);
    if (value === null || value === undefined) return [];
    if (typeof value === 'number' && Number.isInteger(value)) return Array.from({ length: value }, (_, at) => [at, at]);
    if (typeof value === 'object' && !isStruct(value)) return sortedEntries(value);
    return this.fail(`range can't iterate over ${goString(value)}`);
  }

  private template(node: Extract<Node, { kind: 'template' }>, dot: unknown): void {
    const body = this.tree.defined.get(node.name);
    if (!body) this.fail(`template ${JSON.stringify(node.name)} not defined`);
    if (this.depth === deepest) this.fail(`exceeded maximum template depth (${deepest})`);
    const data = node.pipeline ? this.pipeline(node.pipeline, dot) : undefined;
    const [variables, running] = [this.variables, this.running];
    this.variables = [{ name: '$', value: data }];
    this.running = node.name;
    this.depth++;
    this.list(body, data);
    this.depth--;
    [this.variables, this.running] = [variables, running];
  }

  private set({ name, value }: Variable, assigns: boolean): void {
    const known = assigns ? this.variables.findLast((one) => one.name === name) : undefined;
    if (known) known.value = value;
    else if (assigns) this.fail(`undefined variable: ${name}`);
    else this.variables.push({ name, value });
  }

  private pipeline(pipeline: Pipeline, dot: unknown): unknown {
    this.place = pipeline;
    let value: unknown = missing;
    for (const command of pipeline.commands) value = this.command(command, dot, value);
    for (const name of pipeline.variables) this.set({ name, value }, pipeline.assigns);
    return value;
  }

  private command(command: Command, dot: unknown, final: unknown): unknown {
    const [first, ...rest] = command.operands;
    switch (first.kind) {
      case 'field':
        this.place = first;
        return this.chain(dot, dot, first.names, { rest, final });
      case 'chain': {
        this.place = first;
        const of = this.operand(first.of, dot);
        return this.chain(of, dot, first.names, { rest, final });
      }
      case 'word':
        this.place = first;
        return this.callFunction(first.name, command, dot, final);
      case 'variable': {
        this.place = first;
        const value = this.variable(first.name);
        if (first.names.length === 0) this.notAFunction(first, rest, final);
        return first.names.length === 0 ? value : this.chain(value, dot, first.names, { rest, final });
      }
      case 'pipeline':
        this.notAFunction(first, rest, final);
        return this.pipeline(first.pipeline, dot);
    }
    this.place = first;
    this.notAFunction(first, rest, final);
    if (first.kind === 'literal') return first.value;
    return first.kind === 'dot' ? dot : this.fail('nil is not a command');
  }

  private notAFunction(first: Operand, rest: Operand[], final: unknown): void {
    if (rest.length > 0 || final !== missing) this.fail(`can't give argument to non-function ${first.source}`);
  }

  private variable(name: string): unknown {
    const found = this.variables.findLast((one) => one.name === name);
    if (!found) this.fail(`undefined variable: ${name}`);
    return found.value;
  }

  /** A value of an operand that stands as an argument. */
  private operand(operand: Operand, dot: unknown): unknown {
    const none = { rest: [], final: missing };
    this.place = operand;
    switch (operand.kind) {
      case 'literal':
        return operand.value;
      case 'dot':
        return dot;
      case 'nil':
        return null;
      case 'field':
        return this.chain(dot, dot, operand.names, none);
      case 'variable':
        return this.chain(this.variable(operand.name), dot, operand.names, none);
      case 'chain':
        if (operand.of.kind === 'nil') this.fail('indirection through explicit nil in nil');
        return this.chain(this.operand(operand.of, dot), dot, operand.names, none);
      case 'word': {
        const place = { at: operand.at, source: operand.source };
        return this.callFunction(operand.name, { operands: [operand], ...place }, dot, missing);
      }
      case 'pipeline':
        return this.pipeline(operand.pipeline, dot);
    }
  }

  private chain(of: unknown, dot: unknown, names: string[], given: { rest: Operand[]; final: unknown }): unknown {
    const none = { rest: [], final: missing };
    return names.reduce((value, name, at) => this.field(value, dot, name, at === names.length - 1 ? given : none), of);
  }

  private field(
    value: unknown,
    dot: unknown,
    name: string,
    { rest, final }: { rest: Operand[]; final: unknown },
  ): unknown {
    if (value === null || value === undefined) this.fail(`nil data; no entry for key ${JSON.stringify(name)}`);
    const hasArgs = rest.length > 0 || final !== missing;
    const isRoot = value === this.data && this.options.typeName !== undefined;
    if (typeof value !== 'object' || Array.isArray(value) || value instanceof GoTime)
      this.fail(`can't evaluate field ${name} in type ${this.typeOf(value)}`);
    if (!Object.hasOwn(value, name)) {
      if (isRoot) this.fail(`can't evaluate field ${name} in type ${this.options.typeName}`);
      if (this.options.typeName !== undefined && isStruct(value))
        this.fail(`can't evaluate field ${name} in type ${typeName(value)}`);
      if (this.options.lenient) return undefined;
      this.fail(`map has no entry for key ${JSON.stringify(name)}`);
    }
    const found = (value as Record<string, unknown>)[name];
    if (typeof found === 'function')
      return this.method(found as (...args: unknown[]) => unknown, dot, name, { rest, final });
    if (!hasArgs) return found;
    return this.fail(
      isRoot || isStruct(value)
        ? `${name} has arguments but cannot be invoked as function`
        : `${name} is not a method but has arguments`,
    );
  }

  /** Data that no type describes is an interface to Go. */
  private typeOf(value: unknown): string {
    return this.options.typeName === undefined && (!shapeOf(value) || value instanceof GoTime)
      ? 'interface {}'
      : typeName(value);
  }

  private method(
    call: (...args: unknown[]) => unknown,
    dot: unknown,
    name: string,
    { rest, final }: { rest: Operand[]; final: unknown },
  ): unknown {
    const count = rest.length + (final === missing ? 0 : 1);
    if (count !== call.length) this.fail(`wrong number of args for ${name}: want ${call.length} got ${count}`);
    const args = rest.map((one) => this.argument(one, 'string', dot));
    return call(...args, ...(final === missing ? [] : [final]));
  }

  private callFunction(name: string, command: Command, dot: unknown, final: unknown): unknown {
    const { takes, rest, decides, call } = (this.options.functions ?? allFunctions)[name] as Definition;
    const operands = command.operands.slice(1);
    const count = operands.length + (final === missing ? 0 : 1);
    if (count < takes.length) {
      this.fail(`wrong number of args for ${name}: want ${rest ? 'at least ' : ''}${takes.length} got ${count}`);
    }
    if (!rest && count > takes.length) this.fail(`wrong number of args for ${name}: want ${takes.length} got ${count}`);
    const args: unknown[] = [];
    for (const [at, operand] of operands.entries()) {
      args.push(this.argument(operand, takes[at] ?? rest ?? 'any', dot));
      if (decides?.(args.at(-1))) return args.at(-1);
    }
    if (final !== missing) args.push(this.checked(final, takes[operands.length] ?? rest ?? 'any'));
    try {
      return call(...args);
    } catch (error) {
      this.place = command;
      return this.fail(`error calling ${name}: ${(error as Error).message}`);
    }
  }

  private argument(operand: Operand, kind: Kind, dot: unknown): unknown {
    this.place = operand;
    if (operand.kind === 'literal') {
      const fits =
        kind === 'any' ||
        (kind === 'string' && operand.type === 'string') ||
        (kind === 'int' && typeof operand.value === 'number');
      if (!fits)
        this.fail(
          kind === '[]string'
            ? `can't handle ${operand.source} for arg of type []string`
            : `expected ${kind === 'int' ? 'integer' : kind}; found ${operand.source}`,
        );
      return operand.value;
    }
    const value = this.operand(operand, dot);
    this.place = operand;
    return this.checked(value, kind);
  }

  private checked(value: unknown, kind: Kind): unknown {
    if (kind === 'any') return value;
    if (value === null && kind === '[]string') return [];
    if (value === null || value === undefined) return this.fail(`invalid value; expected ${kind}`);
    const fits =
      kind === '[]string'
        ? Array.isArray(value) && value.every((one) => typeof one === 'string')
        : typeName(value) === kind;
    return fits ? value : this.fail(`wrong type for value; expected ${kind}; got ${typeName(value)}`);
  }
}

function isStruct(value: unknown): boolean {
  const shape = shapeOf(value);
  return typeof shape === 'object' && 'struct' in shape;
}
