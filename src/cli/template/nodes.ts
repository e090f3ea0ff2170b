/** Where a node stands in the source; `source` is the node as Go writes it. */
interface Place {
  at: number;
  source: string;
}

/** An operand of a command. */
export type Operand = Place &
  (
    | { kind: 'literal'; value: string | number | boolean; type: 'string' | 'number' | 'bool' | 'char' }
    | { kind: 'nil' | 'dot' }
    | { kind: 'field'; names: string[] }
    | { kind: 'variable'; name: string; names: string[] }
    | { kind: 'chain'; of: Operand; names: string[] }
    | { kind: 'word'; name: string }
    | { kind: 'pipeline'; pipeline: Pipeline }
  );

/** A function, method or operand with what it is given. */
export interface Command extends Place {
  operands: [Operand, ...Operand[]];
}

/** Commands, each given what the one before it made; the last one's value goes to the variables. */
export interface Pipeline extends Place {
  variables: string[];
  assigns: boolean;
  commands: Command[];
}

/** One step of a template. */
export type Node = Place &
  (
    | { kind: 'text'; text: string }
    | { kind: 'action'; pipeline: Pipeline }
    | { kind: 'if' | 'with' | 'range'; pipeline: Pipeline; body: Node[]; otherwise: Node[] }
    | { kind: 'template'; name: string; pipeline: Pipeline | undefined }
    | { kind: 'break' | 'continue' | 'end' | 'else' }
  );

/** A template and those it defines, by name. */
export interface Tree {
  name: string;
  source: string;
  body: Node[];
  defined: Map<string, Node[]>;
}
