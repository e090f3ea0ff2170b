/** 4 or 6 for an IP address, 0 for anything else; without node:net, which would double the start of `run`. */
export function isIP(text: string): 0 | 4 | 6 {
  if (isIPv4(text)) return 4;
  const [address = '', zone] = text.split('%');
  return zone !== '' && isIPv6(address) ? 6 : 0;
}

function isIPv4(text: string): boolean {
  const parts = text.split('.');
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIPv6(text: string): boolean {
  const tail = text.slice(text.lastIndexOf(':') + 1);
  // An IPv4 tail stands for the last two groups.
  const groupsOnly = isIPv4(tail) ? `${text.slice(0, -tail.length)}0:0` : text;
  const halves = groupsOnly.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length < 8 : groups.length === 8;
}
