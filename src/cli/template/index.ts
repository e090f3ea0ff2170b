export { compileTemplate, type Template } from './execute.ts';
export { TemplateError } from './lex.ts';
