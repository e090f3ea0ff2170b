import { connectionFailure } from '../session/failure.ts';
import type { RegistrySettings } from '../settings.ts';
import { certificatesFor } from './certificates.ts';
import { proxyFor } from './proxy.ts';

export interface SendOptions {
  method?: string;
  headers?: Record<string, string>;
  /** Made anew for each attempt. */
  body?: () => NonNullable<RequestInit['body']>;
  /** Any certificate will do. */
  insecure: boolean;
  signal?: AbortSignal;
  /** How long to wait for the head of the answer, in ms. */
  patience?: number;
}

/** Sends one request; the answer's body is as it came, redirects are not followed. */
export type Send = (url: string, options: SendOptions) => Promise<Response>;

/** Longer than a slow registry takes to answer, shorter than a user waits. */
const patienceUsual = 60_000;

/** Requests with the certificates and proxies that the settings give each host. */
export function createSend(settings: RegistrySettings, userAgent: string): Send {
  return async (url, { method = 'GET', headers = {}, body, insecure, signal, patience = patienceUsual }) => {
    const target = new URL(url);
    const slow = new AbortController();
    const timer = setTimeout(() => slow.abort(new DOMException('timed out', 'TimeoutError')), patience);
    const signals = [slow.signal, ...(signal ? [signal] : [])];
    const isTls = target.protocol === 'https:';
    try {
      return await fetch(url, {
        method,
        headers: { 'User-Agent': userAgent, ...headers },
        ...(body && { body: body() }),
        redirect: 'manual',
        decompress: false,
        // The runtime would take proxies from the environment by rules of its own.
        proxy: proxyFor(target, settings.proxies) ?? (false as unknown as string),
        ...(isTls && { tls: tlsFor(settings, target.host, insecure) }),
        signal: AbortSignal.any(signals),
      });
    } catch (error) {
      signal?.throwIfAborted();
      const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
      throw connectionFailure(verb, url, slow.signal.aborted ? slow.signal.reason : error);
    } finally {
      clearTimeout(timer);
    }
  };
}

function tlsFor(settings: RegistrySettings, host: string, insecure: boolean): object {
  if (insecure) return { rejectUnauthorized: false };
  return { rejectUnauthorized: true, ...certificatesFor(settings.certificates, host) };
}
