import { readFileSync } from 'node:fs';

export interface InterfaceUsage {
  rx_bytes: number;
  rx_packets: number;
  rx_errors: number;
  rx_dropped: number;
  tx_bytes: number;
  tx_packets: number;
  tx_errors: number;
  tx_dropped: number;
}

/** The counters of every interface in the process's network namespace but those the kernel puts into each; empty once it has ended. */
export function readInterfaces(pid: number): Record<string, InterfaceUsage> {
  try {
    return parseInterfaces(readFileSync(`/proc/${pid}/net/dev`, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EINVAL') return {};
    throw error;
  }
}

// The kernel's tunnel drivers put one of theirs into every new namespace.
const ofKernel = /^(lo|(gre|gretap|erspan|sit|tunl|ip6gre|ip6tnl|ip_vti|ip6_vti)0)$/;

/** /proc/net/dev, whose sixteen numbers a line are received bytes, packets, errors, drops, four others, and the same sent. */
export function parseInterfaces(text: string): Record<string, InterfaceUsage> {
  const lines = [...text.matchAll(/^ *([^:\n]+): *(.+)$/gm)];
  const usages = lines.flatMap(([, name = '', counters = '']) => {
    if (ofKernel.test(name)) return [];
    const [rx_bytes = 0, rx_packets = 0, rx_errors = 0, rx_dropped = 0, , , , , ...sent] = counters
      .split(/ +/)
      .map(Number);
    const [tx_bytes = 0, tx_packets = 0, tx_errors = 0, tx_dropped = 0] = sent;
    const usage = { rx_bytes, rx_packets, rx_errors, rx_dropped, tx_bytes, tx_packets, tx_errors, tx_dropped };
    return [[name, usage] as const];
  });
  return Object.fromEntries(usages.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
