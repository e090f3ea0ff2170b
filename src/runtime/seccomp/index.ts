export { compileSeccomp, createSeccompCompiler, type SeccompFilter } from './compile.ts';
