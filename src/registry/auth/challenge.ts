/** One way that a registry accepts to be convinced, out of `WWW-Authenticate`; scheme and parameter names in lower case. */
export interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+/;

/** All challenges of a header, which may hold several of them separated by commas. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let rest = header.trim();
  while (rest !== '') {
    const scheme = token.exec(rest)?.[0];
    if (scheme === undefined) break;
    const challenge: Challenge = { scheme: scheme.toLowerCase(), parameters: {} };
    challenges.push(challenge);
    rest = readParameters(rest.slice(scheme.length), challenge.parameters);
  }
  return challenges;
}

const parameter = /^\s*,?\s*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/;

/** What follows the parameters. */
function readParameters(text: string, into: Record<string, string>): string {
  let rest = text;
  for (let found = parameter.exec(rest); found; found = parameter.exec(rest)) {
    const [whole, name = '', quoted, plain = ''] = found;
    into[name.toLowerCase()] = quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
    rest = rest.slice(whole.length);
  }
  return rest.replace(/^\s*,?\s*/, '');
}
