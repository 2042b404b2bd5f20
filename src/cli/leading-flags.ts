/** Flags that take a value and may stand before the command. In a file of its own: routing must not load oclif. */
export const LEADING_VALUE_FLAGS: ReadonlySet<string> = new Set(['--server', '--scope', '--config']);
