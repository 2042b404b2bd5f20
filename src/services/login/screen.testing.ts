/** For tests: a screen that shows nothing, and remembers what it was given. */
import type { ShownLogin } from '../../auth/dialect/dialect.ts';
import type { LoginScreen } from './types.ts';

export interface TestScreen extends LoginScreen {
  readonly shown: ShownLogin[];
}

export function testScreen(part: Partial<LoginScreen> = {}): TestScreen {
  const shown: ShownLogin[] = [];
  return {
    attended: false,
    shown,
    show: ({ login }) => {
      shown.push(login);
      return Promise.resolve();
    },
    wait: () => Promise.resolve({ seen: () => undefined, end: () => undefined }),
    askForAnother: () => Promise.resolve(false),
    ...part,
  };
}
