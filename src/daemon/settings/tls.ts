import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { EngineError, type Log, messageOf } from '../../kit/index.ts';
import type { ServerTls } from '../../server/index.ts';

/** TLS as it was asked for. `verify` is undefined where nobody said anything about either. */
export interface TlsSettings {
  enabled: boolean;
  verify: boolean | undefined;
  /** Somebody said that TLS, or the check of clients, is to be off. */
  declined: boolean;
  caFile: string;
  certFile: string;
  keyFile: string;
}

/** Reads the files that TLS is made with; undefined without TLS. `invalid` in dockerd's words for what is no key pair. */
export function readTls({ enabled, verify, caFile, certFile, keyFile }: TlsSettings): ServerTls | undefined {
  if (!enabled) return undefined;
  const files = `(cert: ${JSON.stringify(certFile)}, key: ${JSON.stringify(keyFile)})`;
  const cert = read(certFile, `Could not load X509 key pair ${files}`);
  const key = read(keyFile, `Could not load X509 key pair ${files}`);
  try {
    createSecureContext({ cert, key });
  } catch (error) {
    throw invalid(
      `Error reading X509 key pair ${files}: ${messageOf(error)}. Make sure the key is not encrypted.`,
      error,
    );
  }
  if (verify === false) return { cert, key };
  const clientCa = read(caFile, `could not read CA certificate ${JSON.stringify(caFile)}`);
  if (!clientCa.includes('-----BEGIN CERTIFICATE-----')) {
    throw invalid(`failed to append certificates from PEM file: ${JSON.stringify(caFile)}`);
  }
  return { cert, key, clientCa };
}

function read(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ENOENT';
    throw invalid(`${what}: open ${path}: ${missing ? 'no such file or directory' : messageOf(error)}`, error);
  }
}

function invalid(words: string, cause?: unknown): EngineError {
  return new EngineError('invalid', `invalid TLS configuration: ${words}`, cause);
}

/** How long a start is held up that would open the machine to its network and nobody said that this is meant. */
const pauseMs = 15_000;

/** Warns of a port that everybody may use. */
export async function warnOfOpenPort(host: string, settings: TlsSettings, log: Log): Promise<void> {
  const warn = (words: string) => log.warn(words, { host });
  warn(
    'Binding to IP address without --tlsverify is insecure and gives root access on this machine to everyone who has access to your network.',
  );
  warn(
    'Binding to an IP address, even on localhost, can also give access to scripts run in a browser. Be safe out there!',
  );
  if (settings.declined || (await isLoopback(host))) return;
  warn(
    'Binding to an IP address without --tlsverify is deprecated. Startup is intentionally being slowed down to show this message',
  );
  warn(
    'Please consider generating tls certificates with client validation to prevent exposing unauthenticated root access to your network',
  );
  warn("You can override this by explicitly specifying '--tls=false' or '--tlsverify=false'");
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
}

async function isLoopback(host: string): Promise<boolean> {
  if (host === 'localhost') return true;
  const address =
    isIP(host) > 0
      ? host
      : await lookup(host).then(
          ({ address }) => address,
          () => '',
        );
  return address.startsWith('127.') || address === '::1';
}
