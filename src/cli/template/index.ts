export { columnsOf, compileTemplate, type Template, type TemplateOptions } from './execute.ts';
export { headerFunctions } from './functions.ts';
export { TemplateError } from './lex.ts';
export { type Shape, shaped } from './shapes.ts';
