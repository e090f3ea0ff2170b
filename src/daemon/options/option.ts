/** How a value is written on the command line and in the configuration file. */
export type Kind =
  | 'string'
  | 'boolean'
  | 'int'
  | 'bytes'
  | 'ip'
  | 'ips'
  | 'list'
  | 'hosts'
  | 'labels'
  | 'domains'
  | 'mirrors'
  | 'map'
  | 'features'
  | 'networkOptions'
  | 'pools'
  | 'runtimes'
  | 'registries'
  | 'ulimits';

/** One setting of the engine. */
export interface Option {
  /** The long name on the command line, and the key of the configuration file. */
  name: string;
  /** The key where it differs, as for a flag that may be repeated. */
  key?: string;
  short?: string;
  kind: Kind;
  help: string;
  /** What the help shows as the default. */
  initial?: string;
  /** It is taken but changes nothing here; why. */
  idle?: string;
  /** It is refused, unless it says no; why. */
  refused?: string;
  /** Only on the command line. */
  flagOnly?: boolean;
  /** A value that asks for nothing that is not so anyway, and is neither refused nor warned of. */
  harmless?: string | boolean;
}

export const keyOf = (option: Option): string => option.key ?? option.name;

/** What a setting was given as: `Map` for those with names, in the order given. */
export type Value = string | boolean | number | string[] | Map<string, unknown> | { base: string; size: number }[];

/** Values by the option's name; one that was not given is absent. */
export type Values = Map<string, Value>;
