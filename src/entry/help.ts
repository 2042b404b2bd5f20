/** Help and `--version`. A program of its own: it is small, and the others need nothing of it. */
export { findPage, quickHelp } from '../cli/help/quick-help.ts';
