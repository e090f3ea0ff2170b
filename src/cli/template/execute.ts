import { functions } from './functions.ts';
import { TemplateError } from './lex.ts';
import { type Expression, type Node, parseTemplate } from './parse.ts';
import { goString, isTrue } from './print.ts';

/** A template ready to be filled; throws TemplateError, at first for what cannot be read, then for what cannot be found. */
export type Template = (data: unknown) => string;

interface Scope {
  dot: unknown;
  root: unknown;
  /** What the root is called where it lacks a field; a plain map without it. */
  typeName: string | undefined;
  variables: Map<string, unknown>;
}

/** Reads a template. Fields of data may be functions: they are called, with the arguments given. `typeName` names the data. */
export function compileTemplate(source: string, typeName?: string): Template {
  const nodes = reading(() => parseTemplate(source));
  return (data) => runAll(nodes, { dot: data, root: data, typeName, variables: new Map([['$', data]]) });
}

function runAll(nodes: Node[], scope: Scope): string {
  return nodes.map((node) => runNode(node, scope)).join('');
}

function runNode(node: Node, scope: Scope): string {
  if (node.kind === 'text') return node.text;
  const value = executing(node.source, () => evaluate(node.value, scope));
  switch (node.kind) {
    case 'print':
      return value === null && node.value.kind === 'field' ? nothing(node.value.name) : goString(value);
    case 'set':
      scope.variables.set(node.name, value);
      return '';
    case 'if':
      return runAll(isTrue(value) ? node.body : node.otherwise, inner(scope, scope.dot));
    case 'with':
      return isTrue(value) ? runAll(node.body, inner(scope, value)) : runAll(node.otherwise, inner(scope, scope.dot));
    case 'range':
      return runRange(node, value, scope);
  }
}

const maps = new Set(
  'Annotations Data DriverOpts ExposedPorts Labels Networks Options PortBindings Ports StorageOpt Sysctls Tmpfs Volumes'.split(
    ' ',
  ),
);
const pointers = new Set('Healthcheck Health IPAMConfig Init OomKillDisable PidsLimit'.split(' '));

/** JSON's null was an empty list, an empty map or a pointer to nothing: Go prints each in its way, and the name tells which. */
function nothing(name: string): string {
  if (pointers.has(name)) return '<nil>';
  return maps.has(name) ? 'map[]' : '[]';
}

function runRange(node: Extract<Node, { kind: 'range' }>, value: unknown, scope: Scope): string {
  const entries = rangeEntries(value);
  if (entries.length === 0) return runAll(node.otherwise, inner(scope, scope.dot));
  return entries
    .map(([key, item]) => {
      const each = inner(scope, item);
      const [first, second] = node.names;
      if (first !== undefined) each.variables.set(first, second === undefined ? item : key);
      if (second !== undefined) each.variables.set(second, item);
      return runAll(node.body, each);
    })
    .join('');
}

function rangeEntries(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value)) return value.map((item, at) => [at, item]);
  if (value === null || value === undefined) return [];
  if (typeof value === 'number') return Array.from({ length: value }, (_, at) => [at, at]);
  if (typeof value !== 'object') throw new TemplateError(`range can't iterate over ${goString(value)}`);
  return Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function inner(scope: Scope, dot: unknown): Scope {
  return { ...scope, dot, variables: new Map(scope.variables) };
}

function evaluate(expression: Expression, scope: Scope): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value;
    case 'dot':
      return scope.dot;
    case 'variable':
      if (!scope.variables.has(expression.name)) throw new TemplateError(`undefined variable "${expression.name}"`);
      return scope.variables.get(expression.name);
    case 'field':
      return call(lookUp(evaluate(expression.of, scope), expression.name, scope), []);
    case 'apply': {
      if (expression.target.kind !== 'field') throw new TemplateError("can't give argument to non-function");
      const method = lookUp(evaluate(expression.target.of, scope), expression.target.name, scope);
      if (typeof method !== 'function') {
        throw new TemplateError(`${expression.target.name} is not a method but has arguments`);
      }
      return call(
        method,
        expression.args.map((arg) => evaluate(arg, scope)),
      );
    }
    case 'call': {
      const body = Object.hasOwn(functions, expression.name) ? functions[expression.name] : undefined;
      if (!body) throw new TemplateError(`function "${expression.name}" not defined`);
      return body(...expression.args.map((arg) => evaluate(arg, scope)));
    }
  }
}

function call(value: unknown, args: unknown[]): unknown {
  return typeof value === 'function' ? (value as (...args: unknown[]) => unknown)(...args) : value;
}

function lookUp(value: unknown, name: string, { root, typeName }: Scope): unknown {
  if (value === null || value === undefined) throw new TemplateError(`nil data; no entry for key "${name}"`);
  if (typeof value !== 'object' || Array.isArray(value)) {
    const type = Array.isArray(value) ? '[]interface {}' : typeof value;
    throw new TemplateError(`can't evaluate field ${name} in type ${type}`);
  }
  if (!Object.hasOwn(value, name) && value === root && typeName !== undefined) {
    throw new TemplateError(`can't evaluate field ${name} in type ${typeName}`);
  }
  if (!Object.hasOwn(value, name)) throw new TemplateError(`map has no entry for key "${name}"`);
  return (value as Record<string, unknown>)[name];
}

function reading<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof TemplateError) throw new TemplateError(`template: :1: ${error.message}`);
    throw error;
  }
}

function executing<T>(source: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TemplateError) || error.message.startsWith('template: ')) throw error;
    throw new TemplateError(`template: :1:2: executing "" at <${source}>: ${error.message}`);
  }
}
