/** An address without the name and password that may stand in it, as Docker shows it. */
export const withoutCredentials = (url: string): string => url.replace(/\/\/[^/]*@/, '//xxxxx:xxxxx@');
