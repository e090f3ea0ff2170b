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

/**
 * The columns that a template makes of all the data, where it is nothing but fields with a tab between each two, as tables are. Undefined
 * where it is not, or where a cell is no text of one line.
 */
export function plainColumns({ body }: Tree, data: unknown[]): string[][] | undefined {
  const pieces = body.map(pieceOf);
  if (pieces.length % 2 === 0) return undefined;
  const columns: string[][] = [];
  for (const [at, piece] of pieces.entries()) {
    if (piece === undefined || (at % 2 === 1 && !isTab(piece))) return undefined;
    if (at % 2 === 1) continue;
    const column = 'field' in piece ? columnOf(data as Record<string, unknown>[], piece.field) : undefined;
    if (column === undefined) return undefined;
    columns.push(column);
  }
  return columns;
}

/** One field of all the data, and then the next: the same few functions run again and again. */
function columnOf(data: Record<string, unknown>[], field: string): string[] | undefined {
  const cells: string[] = [];
  // All rows are made alike. To ask each function for its length costs more than to call it.
  if (data.some((row, at) => at < 2 && textOf(row, field) === undefined)) return undefined;
  for (const row of data) {
    const found = row[field];
    const cell: unknown = typeof found === 'function' ? found() : found;
    if (typeof cell !== 'string') return undefined;
    cells.push(cell);
  }
  return /[\t\n]/.test(cells.join('')) ? undefined : cells;
}

const isTab = (piece: Piece): boolean => 'text' in piece && piece.text === '\t';

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
