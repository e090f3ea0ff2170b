declare const TUG_VERSION: string | undefined;

/** The version of this program, given by its build. */
export const clientVersion = typeof TUG_VERSION === 'string' ? TUG_VERSION : '0.0.0-dev';

declare const TUG_COMMIT: string | undefined;

/** The commit it was built from, '' for a build that does not know. */
export const clientCommit = typeof TUG_COMMIT === 'string' ? TUG_COMMIT : '';
