export { createControl } from './control.ts';
