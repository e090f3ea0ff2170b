declare const TUG_VERSION: string | undefined;

/** The version of this program, given by its build. */
export const clientVersion = typeof TUG_VERSION === 'string' ? TUG_VERSION : '0.0.0-dev';
