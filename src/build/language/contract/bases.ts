import type { ImageConfig, Platform } from '../../../oci/index.ts';

export interface BaseRequest {
  /** Normalized, with tag: `docker.io/library/alpine:3.20`; of a named context what was asked for. */
  readonly name: string;
  /** As the file writes it. */
  readonly written: string;
  /** The key `hasContext` said yes to. */
  readonly context?: string;
  readonly platform: Platform;
}

export interface ResolvedBase {
  /** Absent: files without a config (a named context that is a directory). */
  readonly config?: ImageConfig;
  /** `sha256:…` of what the name stands for now. */
  readonly digest?: string;
}
