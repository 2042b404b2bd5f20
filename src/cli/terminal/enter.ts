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
  // Once paused it does not begin again by being listened to.
  stdin.resume();
  return () => {
    stdin.off('data', hear);
    stdin.pause();
  };
}

/** Waits for Enter: true. Ctrl-D is false: nobody types any more. Rejects with the signal's reason. */
export function nextEnter(signal: AbortSignal): Promise<boolean> {
  const { stdin } = process;
  return new Promise((resolve, reject) => {
    const over = (): void => {
      deaf();
      stdin.off('end', ended);
      signal.removeEventListener('abort', aborted);
    };
    const ended = (): void => {
      over();
      resolve(false);
    };
    const aborted = (): void => {
      over();
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    };
    const deaf = onEnter(() => {
      over();
      resolve(true);
    });
    stdin.once('end', ended);
    signal.addEventListener('abort', aborted, { once: true });
  });
}
