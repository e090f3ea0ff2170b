import { EngineError } from '../../../kit/index.ts';
import type { SpecDeviceRule } from '../../../oci/index.ts';

/** A device or, with -1, all majors or minors; and the accesses that are excepted (`r`, `w`, `m`). */
export interface DeviceException {
  type: 'b' | 'c';
  major: number;
  minor: number;
  access: string;
}

/** What a list of device rules comes to: everything allowed or denied, but for the exceptions. */
export interface DeviceAccess {
  allowed: boolean;
  exceptions: DeviceException[];
}

const rule = (type: 'b' | 'c', major: number, minor: number, access = 'rwm') => ({
  allow: true,
  type,
  major,
  minor,
  access,
});

// What containers may always do, after the rules of the spec: mknod of anything, the default nodes, ptys, tun.
const always: SpecDeviceRule[] = [
  rule('c', -1, -1, 'm'),
  rule('b', -1, -1, 'm'),
  ...[3, 8, 7].map((minor) => rule('c', 1, minor)),
  rule('c', 5, 0),
  ...[5, 9].map((minor) => rule('c', 1, minor)),
  rule('c', 136, -1),
  rule('c', 5, 2),
  rule('c', 10, 200),
];

/** Plays the rules through, in order, as the kernel of cgroup v1 would, but refuses what it would silently ignore. */
export function deviceAccess(rules: readonly SpecDeviceRule[]): DeviceAccess {
  let allowed = false;
  const exceptions = new Map<string, DeviceException>();
  for (const rule of [...rules, ...always]) {
    const { type = 'a', major = -1, minor = -1, access = 'rwm' } = rule;
    if (/[^rwm]/.test(access)) throw new EngineError('invalid', `invalid device access mode: ${access}`);
    if (type === 'a') {
      allowed = rule.allow;
      exceptions.clear();
    } else if (rule.allow === allowed) {
      withdraw(exceptions, { type, major, minor, access });
    } else {
      add(exceptions, { type, major, minor, access });
    }
  }
  return { allowed, exceptions: [...exceptions.values()].toSorted(byNumber) };
}

const star = (number: number) => (number === -1 ? '*' : String(number));

/** One exception as devices.allow and devices.deny take it: `c 1:3 rwm`. */
export function deviceRuleText({ type, major, minor, access }: DeviceException): string {
  return `${type} ${star(major)}:${star(minor)} ${access}`;
}

const keyOf = ({ type, major, minor }: DeviceException) => `${type}${major}:${minor}`;
const union = (a: string, b: string) =>
  [...'rwm'].filter((letter) => a.includes(letter) || b.includes(letter)).join('');
const byNumber = (a: DeviceException, b: DeviceException) =>
  a.major - b.major || a.minor - b.minor || a.type.localeCompare(b.type);

function add(exceptions: Map<string, DeviceException>, exception: DeviceException): void {
  const before = exceptions.get(keyOf(exception))?.access ?? '';
  exceptions.set(keyOf(exception), { ...exception, access: union(before, exception.access) });
}

function withdraw(exceptions: Map<string, DeviceException>, rule: DeviceException): void {
  for (const wider of [
    { ...rule, major: -1 },
    { ...rule, minor: -1 },
    { ...rule, major: -1, minor: -1 },
  ]) {
    if (keyOf(wider) === keyOf(rule)) continue;
    const overlap = [...(exceptions.get(keyOf(wider))?.access ?? '')].some((letter) => rule.access.includes(letter));
    if (overlap) {
      const texts = [deviceRuleText(rule), deviceRuleText(wider)];
      throw new EngineError('invalid', `device rule ${texts[0]} cannot punch a hole in the existing rule ${texts[1]}`);
    }
  }
  const exception = exceptions.get(keyOf(rule));
  if (!exception) return;
  const access = [...exception.access].filter((letter) => !rule.access.includes(letter)).join('');
  if (access === '') exceptions.delete(keyOf(rule));
  else exceptions.set(keyOf(rule), { ...exception, access });
}
