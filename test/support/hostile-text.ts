/** Text that attacks terminals, and the check that none of it arrives. */
import { expect } from 'vitest';
import type { Ran, RunOptions, CliUser } from './cli-user.ts';

/** What terminals act on, what turns text around, what hides it, and what draws over the lines above. */
export const EVIL = [
  '\u001b[2J\u001b[1;1H\u001b]0;owned\u0007\u001b]8;;https://attacker.example\u001b\\link\u001b]52;c;eA==\u0007\u001bP+q\u001b\\\u001bc',
  '\u009b31m\u009d0;x\u009c\u0090\u0000\b\b\b\r\n\t\v\f\u007f',
  '\u202egpj.exe\u202c\u2066x\u2069\u200f\u061c\u200b\u200d\u2060\ufeff\u00ad\u034f\u3164\ufff9',
  '\u2028\u2029\u{e0041}\u{e0100}\ufe0f\ue000\ud800',
].join('mark');
/** What of it may be shown. */
const HARMLESS = /;owned|mark/;
const BAD = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;

/** Lines and nothing else: what is left of a text when its line breaks are taken away must be clean. */
export function expectClean(line: string, { stdout, stderr }: Ran): void {
  const dirty = [stdout, stderr].map((text) => BAD.exec(text.replaceAll('\n', ''))?.[0].codePointAt(0)?.toString(16));
  expect({ line, dirty }).toEqual({ line, dirty: [undefined, undefined] });
}

/**
 * Runs command lines as text and as JSON, several of them at a time. Something harmless of the text must be
 * shown: else the lines would prove nothing.
 */
export async function expectAllClean(user: CliUser, lines: readonly string[], options: RunOptions = {}): Promise<void> {
  const all = lines.flatMap((line) => (line.includes('--raw') ? [line] : [line, `${line} --json`]));
  let shown = 0;
  for (let at = 0; at < all.length; at += 4) {
    await Promise.all(
      all.slice(at, at + 4).map(async (line) => {
        const [bin = '', ...args] = line.split(' ');
        const ran = await user.run(bin === 'runbeam' ? 'runbeam' : 'beamd', args, options);
        expectClean(line, ran);
        if (HARMLESS.test(`${ran.stdout}${ran.stderr}`)) shown += 1;
        if (line.endsWith('--json')) expect(() => JSON.parse(ran.stdout) as unknown, line).not.toThrow();
      }),
    );
  }
  expect(shown).toBeGreaterThan(0);
}
