/** What is asked of a volume of a cluster. */
interface Wanted {
  availability: string;
  group: string;
  'limit-bytes': number;
  'required-bytes': number;
  scope: string;
  secret: Record<string, string>;
  sharing: string;
  'topology-preferred': string[];
  'topology-required': string[];
  type: string;
}

/** The same as the engine takes it. */
export function clusterSpec(wanted: Wanted): object {
  const { secret } = wanted;
  return {
    Group: wanted.group,
    AccessMode: {
      Scope: wanted.scope,
      Sharing: wanted.sharing,
      ...(wanted.type === 'mount' ? { MountVolume: {} } : {}),
      ...(wanted.type === 'block' ? { BlockVolume: {} } : {}),
    },
    Availability: wanted.availability,
    CapacityRange: { RequiredBytes: wanted['required-bytes'], LimitBytes: wanted['limit-bytes'] },
    Secrets: Object.keys(secret)
      .toSorted()
      .map((Key) => ({ Key, Secret: secret[Key] })),
    AccessibilityRequirements: {
      Requisite: wanted['topology-required'].map(topology),
      Preferred: wanted['topology-preferred'].map(topology),
    },
  };
}

function topology(text: string): object {
  const segments = text.split(',').map((part) => {
    const equals = part.indexOf('=');
    return equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)];
  });
  return { Segments: Object.fromEntries(segments) as Record<string, string> };
}
