import type { Volume } from '../../../api/index.ts';
import { humanSize } from '../../format/bytes.ts';
import type { Listing, Row } from '../../format/table.ts';
import { joinLabels } from '../../format/text.ts';

/** How `volume ls` looks. */
export const volumeListing: Listing = {
  headers: {
    Name: 'VOLUME NAME',
    Driver: 'DRIVER',
    Scope: 'SCOPE',
    Mountpoint: 'MOUNTPOINT',
    Labels: 'LABELS',
    Links: 'LINKS',
    Size: 'SIZE',
    Group: 'GROUP',
    Availability: 'AVAILABILITY',
    Status: 'STATUS',
  },
  table: '{{.Driver}}\\t{{.Name}}',
  quiet: '{{.Name}}',
  typeName: '*formatter.volumeContext',
};

/** One volume's line. */
export function volumeRow({ Name, Driver, Scope, Mountpoint, Labels, UsageData }: Volume): Row {
  return {
    Name,
    Driver,
    Scope,
    Mountpoint,
    Labels: () => joinLabels(Labels),
    Label: (name: string) => Labels?.[name] ?? '',
    Links: UsageData ? String(UsageData.RefCount) : 'N/A',
    Size: UsageData ? humanSize(UsageData.Size) : 'N/A',
    Group: 'N/A',
    Availability: 'N/A',
    Status: 'N/A',
  };
}
