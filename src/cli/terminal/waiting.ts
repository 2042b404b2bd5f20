/** Shows what a command waits for, on a terminal that somebody watches, once it takes long enough to be noticed. */
import type { Clock } from '../../clock.ts';
import type { Wait, Waiting } from '../../services/waiting.ts';
import type { Output } from '../output/output.ts';
import type { Interrupt } from './interrupt.ts';
import type { Indicator } from './indicator.ts';

/** Milliseconds after which somebody who watches wonders. */
const NOTICED = 150;

/** What begins so soon after something else has ended is one wait with it, milliseconds. */
const GAP = 50;

export interface WaitingDeps {
  readonly output: Pick<Output, 'interactive' | 'errorStyle' | 'note' | 'under'>;
  readonly clock: Pick<Clock, 'elapsed' | 'sleep'>;
  readonly interrupt: Pick<Interrupt, 'leaving' | 'stopping' | 'signal'>;
  /** The user wants to be told nothing but results. */
  readonly isQuiet: () => boolean;
}

/** Until it takes long a wait costs a timer; what shows it is loaded then. */
export function createWaiting(deps: WaitingDeps): Waiting {
  const { clock, interrupt } = deps;
  const lines: { line: string }[] = [];
  let display: Display | undefined;
  let ended = -Infinity;
  let since = 0;
  // What is said of an interruption stands on a line of its own.
  interrupt.signal.addEventListener('abort', () => display?.end(), { once: true });
  return async ({ line, left, stop }: Wait, work) => {
    const step = { line };
    const taken = left === undefined ? undefined : interrupt.leaving(left);
    const heard = stop === undefined ? undefined : interrupt.stopping(stop);
    if (lines.push(step) === 1 && clock.elapsed() - ended > GAP) since = clock.elapsed();
    display ??= startDisplay(deps, since + NOTICED - clock.elapsed());
    display.show(lines);
    try {
      return await work((next) => {
        step.line = next;
        display?.show(lines);
      });
    } finally {
      lines.splice(lines.indexOf(step), 1);
      taken?.();
      heard?.();
      if (lines.length > 0) display.show(lines);
      else {
        display.end();
        display = undefined;
        ended = clock.elapsed();
      }
    }
  };
}

interface Display {
  show(lines: readonly { readonly line: string }[]): void;
  end(): void;
}

function startDisplay({ output, clock, isQuiet }: WaitingDeps, after: number): Display {
  const over = new AbortController();
  let indicator: Indicator | undefined;
  let line = '';
  const appear = async (): Promise<void> => {
    await clock.sleep(Math.max(0, after), over.signal);
    // Whether somebody watches is asked now: the stream is made for it.
    if (isQuiet() || !output.interactive) return;
    const { startIndicator } = await import('./indicator.ts');
    if (!over.signal.aborted) indicator = startIndicator(output, clock, line);
  };
  // It only ever fails because it is over.
  void appear().catch(() => undefined);
  return {
    show: (lines) => {
      line = lines.at(-1)?.line ?? line;
      indicator?.text(line);
    },
    end: () => {
      over.abort();
      indicator?.stop();
      indicator = undefined;
    },
  };
}
