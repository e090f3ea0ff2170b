import type { IdMapping } from './owners.ts';

/** The writable layers of containers. */
export interface Containers {
  create(id: string, keys: string[], ids?: IdMapping): Promise<void>;
  /** The keys of its layers, lowest first. */
  keys(id: string): string[];
  mount(id: string, options: { volatile: boolean; label?: string | undefined }): number;
  /** See Snapshots.view; the caller closes the fd. */
  view(id: string, as?: 'host'): number;
  /** The upper directory, open for reading, with the container's own ids; the caller closes it. */
  upper(id: string): number;
  size(id: string): Promise<number>;
  remove(id: string): void;
  /** Writes down anew what it stands on. */
  restack(id: string, keys: string[]): void;
  ids(): string[];
  path(id: string): string;
}
