import type { Launch } from '../../../runtime/index.ts';
import type { ContainerRow } from '../../row.ts';

/** How a container's process is joined to its monitor. */
export function stdioOf({ config, hostConfig }: ContainerRow): Launch['stdio'] {
  const tty = config.Tty ?? false;
  return {
    tty,
    openStdin: config.OpenStdin ?? false,
    // A terminal stays open for the next who attaches.
    stdinOnce: !tty && (config.StdinOnce ?? false),
    ...consoleSize({ config, hostConfig }),
  };
}

/** The terminal's size at its start, where one was asked for. */
export function consoleSize({ config, hostConfig }: Pick<ContainerRow, 'config' | 'hostConfig'>) {
  const [rows = 0, columns = 0] = hostConfig.ConsoleSize ?? [];
  return config.Tty && rows > 0 && columns > 0 ? { size: [rows, columns] as [number, number] } : {};
}
