/** What can be looked at by name. */
export type Kind =
  | 'container'
  | 'image'
  | 'network'
  | 'volume'
  | 'service'
  | 'task'
  | 'node'
  | 'plugin'
  | 'secret'
  | 'config';
