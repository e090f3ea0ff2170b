/** The user's config.json: what Docker's programs keep there, and whatever else stands in it. */
export interface ConfigData {
  auths?: Record<string, AuthEntry>;
  HttpHeaders?: Record<string, string>;
  psFormat?: string;
  imagesFormat?: string;
  networksFormat?: string;
  pluginsFormat?: string;
  volumesFormat?: string;
  statsFormat?: string;
  serviceInspectFormat?: string;
  detachKeys?: string;
  credsStore?: string;
  credHelpers?: Record<string, string>;
  pruneFilters?: string[];
  proxies?: Record<string, Record<string, string>>;
  currentContext?: string;
  cliPluginsExtraDirs?: string[];
  aliases?: Record<string, string>;
}

/** One registry's login as the file holds it: `auth` is base64 of `user:password`. */
export interface AuthEntry {
  auth?: string;
  identitytoken?: string;
  registrytoken?: string;
}
