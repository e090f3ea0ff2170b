import type { Node, Tree } from './nodes.ts';

/** A piece of a template that only puts fields between texts. */
type Piece = { text: string } | { field: string };

/**
 * Fills a template that is nothing but texts and fields of the data, as those of listings are, without executing it. Undefined where
 * a field is not simply a text: then it is to be executed.
 */
export function plainTemplate({ body }: Tree): ((data: unknown) => string | undefined) | undefined {
  const pieces: Piece[] = [];
  for (const node of body) {
    const piece = pieceOf(node);
    if (piece === undefined) return undefined;
    pieces.push(piece);
  }
  return (data) => filled(pieces, data);
}

function pieceOf(node: Node): Piece | undefined {
  if (node.kind === 'text') return { text: node.text };
  if (node.kind !== 'action' || node.pipeline.variables.length > 0) return undefined;
  const [command, ...others] = node.pipeline.commands;
  const [operand, ...given] = command?.operands ?? [];
  if (others.length > 0 || given.length > 0 || operand?.kind !== 'field') return undefined;
  const [field = '', ...further] = operand.names;
  // Every object has these without their being fields.
  return further.length > 0 || field in Object.prototype ? undefined : { field };
}

function filled(pieces: Piece[], data: unknown): string | undefined {
  if (typeof data !== 'object' || data === null || Object.getPrototypeOf(data) !== Object.prototype) return undefined;
  let out = '';
  for (const piece of pieces) {
    if ('text' in piece) out += piece.text;
    else {
      const text = textOf(data as Record<string, unknown>, piece.field);
      if (text === undefined) return undefined;
      out += text;
    }
  }
  return out;
}

function textOf(data: Record<string, unknown>, field: string): string | undefined {
  const found = data[field];
  const value: unknown = typeof found === 'function' && found.length === 0 ? found() : found;
  return typeof value === 'string' ? value : undefined;
}
