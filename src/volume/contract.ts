import type { Volume, VolumeListResponse } from '../api/index.ts';

export interface Volumes {
  /** Makes it unless it is there; without a name an anonymous one of 64 hex digits. Docker's words for bad names. */
  create(request: {
    name?: string;
    driver?: string;
    options?: Record<string, string>;
    labels?: Record<string, string>;
  }): Promise<Volume>;
  inspect(name: string): Volume;
  list(filters: Record<string, string[]>): VolumeListResponse;
  /** Refused with `conflict` while a container refers to it (`container:<id>` → `volume:<name>`). */
  remove(name: string, options: { force: boolean }): Promise<void>;
  /** Where its files lie on the host. */
  path(name: string): string;
  /** The name belongs to an anonymous volume, which `rm -v` and `--rm` remove along. */
  isAnonymous(name: string): boolean;
  subscribe(listener: (event: { action: string; name: string; driver: string }) => void): () => void;
}
