const variables = {
  HTTP_PROXY: 'httpProxy',
  HTTPS_PROXY: 'httpsProxy',
  NO_PROXY: 'noProxy',
  FTP_PROXY: 'ftpProxy',
  ALL_PROXY: 'allProxy',
};

/**
 * The variables that config.json's `proxies` give every container made on this host: those of the engine's address, or the
 * `default` ones, in upper and lower case, but for what `-e` already names.
 */
export function proxyVariables(
  proxies: Record<string, Record<string, string>>,
  host: string,
  given: string[],
): string[] {
  const settings = proxies[host] ?? proxies.default ?? {};
  const named = new Set(given.map((word) => word.split('=')[0]));
  return Object.entries(variables).flatMap(([name, setting]) => {
    const value = settings[setting];
    return [name, name.toLowerCase()].flatMap((word) => (value && !named.has(word) ? [`${word}=${value}`] : []));
  });
}
