/** How a build stands, as BuildKit's clients read it (`--progress rawjson`): what changed since the last such message. */
export interface BuildStatus {
  vertexes?: BuildVertex[];
  statuses?: BuildVertexStatus[];
  logs?: BuildVertexLog[];
  warnings?: BuildWarning[];
}

/** A piece of work; the same digest again replaces what was said of it before. Times are RFC 3339. */
export interface BuildVertex {
  digest: string;
  inputs?: string[];
  name: string;
  started?: string;
  completed?: string;
  cached?: boolean;
  error?: string;
}

/** A part of it, with its progress in bytes or pieces. */
export interface BuildVertexStatus {
  id: string;
  vertex: string;
  name?: string;
  total?: number;
  current: number;
  timestamp: string;
  started?: string;
  completed?: string;
}

export interface BuildVertexLog {
  vertex: string;
  /** 1 for what was written to stdout, 2 for stderr. */
  stream: number;
  /** Base64. */
  data: string;
  timestamp: string;
}

export interface BuildWarning {
  vertex: string;
  level: number;
  /** Base64, as are the texts of `detail`. */
  short: string;
  detail?: string[];
  url?: string;
  sourceInfo?: { filename: string; data: string };
  range?: { start: { line: number; character: number }; end: { line: number; character: number } }[];
}
