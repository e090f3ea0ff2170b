import { EngineError, systemWords } from '../../kit/index.ts';

const authority = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
const certificates = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/** A connection that did not come about, in the words of Go's dialler: `dial tcp 127.0.0.1:1: connect: connection refused`. */
export function dialFailure(network: string, address: string, error: unknown): EngineError {
  const { code = '', errno = 0, message } = error as NodeJS.ErrnoException;
  return new EngineError('internal', words(), error);

  function words(): string {
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'DNS_ENOTFOUND') {
      return `dial ${network}: lookup ${hostOf(address)}: no such host`;
    }
    if (code === 'ETIMEDOUT' || code === 'ERR_SOCKET_CONNECTION_TIMEOUT')
      return `dial ${network} ${address}: i/o timeout`;
    if (certificates.has(code)) return authority;
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `tls: failed to verify certificate: x509: ${message}`;
    const why = /^E[A-Z]+$/.test(code) ? systemWords(numbers[code] ?? errno, code) : message;
    return `dial ${network} ${address}: connect: ${why}`;
  }
}

/** Node's sockets give a name without its number at times. */
const numbers: Record<string, number> = { ECONNREFUSED: 111, ENOENT: 2, EACCES: 13, EPROTOTYPE: 91 };

const hostOf = (address: string): string => address.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
