/**
 * What is used of `yaml`. Imported by name here, because the bundler knows the names of a CommonJS package only in a
 * static import; `yaml.ts` loads this module when it needs it.
 */
export { Lexer, LineCounter, parseDocument, stringify } from 'yaml';
