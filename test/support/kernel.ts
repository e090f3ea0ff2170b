import { release } from 'node:os';

const [major = 0, minor = 0] = release().split('.').map(Number.parseFloat);

/** Whether the kernel can name the process at the other end of a unix socket by a pidfd (6.5): without that it hands over no files. */
export const namesPeers = major > 6 || (major === 6 && minor >= 5);
