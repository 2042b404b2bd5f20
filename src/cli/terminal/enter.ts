/** The Enter key, heard while something else goes on. */

/**
 * Calls back at each Enter until the returned function is called. Lines stay with the terminal, so that Ctrl-C and Ctrl-Z are
 * what they always are, and that a killed program leaves the terminal as it was.
 */
export function onEnter(pressed: () => void): () => void {
  const { stdin } = process;
  const hear = (typed: Buffer): void => {
    if (typed.includes('\n')) pressed();
  };
  stdin.on('data', hear);
  return () => {
    stdin.off('data', hear);
    stdin.pause();
  };
}
