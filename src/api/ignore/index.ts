export { parseIgnore } from './file.ts';
export { type IgnoreMatcher, ignoreMatcher } from './matcher.ts';
