/** The devices of a create request: those of this host, and those that go by a name of the Container Device Interface. */
export interface Devices {
  mappings: object[];
  cdi: string[];
}

/** Sorts `--device` values. */
export function parseDevices(specs: string[]): Devices {
  const cdi = specs.filter(isQualified);
  return { mappings: specs.filter((spec) => !isQualified(spec)).map(parseDevice), cdi };
}

const word = '[A-Za-z](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?';
const kind = '[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?';
const qualified = new RegExp(`^${word}/${kind}=[A-Za-z0-9](?:[A-Za-z0-9_.:-]*[A-Za-z0-9])?$`);

/** `vendor.com/class=name` */
function isQualified(spec: string): boolean {
  return qualified.test(spec);
}

function parseDevice(spec: string): object {
  const [host = '', second, third, ...more] = spec.split(':');
  if (more.length > 0 || host === '') throw new Error(`bad format for path: ${spec}`);
  if (third !== undefined && !isMode(third)) throw new Error(`bad mode specified: ${third}`);
  const isSecondMode = third === undefined && isMode(second);
  const target = second === undefined || isSecondMode ? host : second;
  if (!target.startsWith('/')) throw new Error(`${target} is not an absolute path`);
  const permissions = third ?? (isSecondMode ? second : 'rwm');
  return { PathOnHost: host, PathInContainer: target, CgroupPermissions: permissions };
}

/** Each of r, w and m once at most. */
function isMode(text: string | undefined): boolean {
  return text !== undefined && /^[rwm]{1,3}$/.test(text) && new Set(text).size === text.length;
}

/** A rule `type major:minor permissions`. */
export function deviceRule(text: string): string {
  if (!/^[acb] (\d+|\*):(\d+|\*) [rwm]{1,3}$/.test(text)) throw new Error(`invalid device cgroup format '${text}'`);
  return text;
}
