/** The screen of a device login, all of it on stderr. On a terminal it counts down, and Enter opens the browser. */
import type { PollSeen, ServerTrouble } from '../../auth/device-flow/poll.ts';
import { hasBrowser } from '../../auth/device-flow/browser.ts';
import type { Context } from '../../services/context.ts';
import type { Approval, ApprovalLine, LoginScreen } from '../../services/login/types.ts';
import { hintLine, isCi } from '../output/style.ts';
import type { Output } from '../output/output.ts';
import { countdown, describeTrouble, presentDevice, presentDeviceScreen } from '../present/login/device.ts';
import { qrLines, type Room } from '../present/login/qr.ts';
import { spanLeft } from '../present/time.ts';
import { copyText } from '../terminal/clipboard.ts';
import { nextEnter } from '../terminal/enter.ts';
import { processInterrupt } from '../terminal/interrupt.ts';
import { startTickingLine } from '../terminal/ticking-line.ts';

/** What `screenFlags` parses to, `--browser` apart. */
export interface ScreenFlags {
  readonly qr?: boolean | undefined;
  readonly copy: boolean;
}

type ScreenContext = Pick<Context, 'clock' | 'env' | 'signal'>;

/** Beside the screen, rows: an empty one, the line for Enter, the one that counts down, and the next prompt. */
const OTHER_ROWS = 4;

export function loginScreen(output: Output, flags: ScreenFlags, context: ScreenContext): LoginScreen {
  const attended = output.interactive && process.stdin.isTTY && !isCi(context.env);
  return {
    attended,
    show: async (approval) => {
      const room = roomOf(output);
      const { errorStyle: style } = output;
      const lines = attended
        ? presentDeviceScreen(approval, style, room)
        : [presentDevice(approval.login, style, approval.begun)];
      lines.push(...(await qrPart(output, flags.qr, approval, { room, taken: attended ? lines.length : Infinity })));
      output.note(lines.join('\n'));
      if (flags.copy) output.note(await copied(output, approval, context));
    },
    wait: async (approval, { open, left }) => {
      const told = processInterrupt().leaving(left);
      const line = attended ? await countDown(output, context, approval, open) : tellPlainly(output, context, approval);
      const end = (): void => {
        told();
        line.end();
      };
      return { seen: line.seen, end };
    },
    askForAnother: async (left) => {
      const told = processInterrupt().leaving(left);
      output.note('The code has expired.\nPress Enter for another one');
      try {
        return await nextEnter(context.signal);
      } finally {
        told();
      }
    },
  };
}

function roomOf({ interactive }: Output): Room {
  return interactive ? { columns: process.stderr.columns, rows: process.stderr.rows } : {};
}

/** A QR code where it was asked for, or where the terminal has room beside the `taken` rows. */
async function qrPart(
  output: Output,
  wanted: boolean | undefined,
  { login }: Approval,
  { room, taken }: { readonly room: Room; readonly taken: number },
): Promise<string[]> {
  const free = (room.rows ?? 0) - taken - OTHER_ROWS;
  // The smallest code of an address takes a dozen rows: where there are fewer, the library is not loaded.
  if (wanted === false || (wanted === undefined && free < 14)) return [];
  const lines = await qrLines(login.verificationUriComplete ?? login.verificationUri, output.errorStyle, room);
  if (lines === undefined) return wanted === true ? ['There is no room for a QR code of this address'] : [];
  return wanted === true || lines.length + 1 <= free ? ['', ...lines] : [];
}

async function copied(output: Output, { login }: Approval, { env }: ScreenContext): Promise<string> {
  const { userCode, verificationUri } = login;
  const what = userCode === undefined ? 'The address' : 'The code';
  const write = output.interactive ? (sequence: string) => void process.stderr.write(sequence) : undefined;
  switch (await copyText(userCode ?? verificationUri, env, write)) {
    case 'program':
      return `${what} is in the clipboard`;
    case 'terminal':
      return `${what} was given to the terminal for its clipboard; some do not take it`;
    case 'nowhere':
      return `${what} was not copied: there is no clipboard here`;
  }
}

async function countDown(
  output: Output,
  { clock, env }: ScreenContext,
  { login, host, endsAt }: Approval,
  open: (() => Promise<boolean>) | undefined,
): Promise<ApprovalLine> {
  const canOpen = open !== undefined && hasBrowser(login.verificationUriComplete ?? login.verificationUri, env);
  output.note(canOpen ? '\nPress Enter to open the page in a browser' : '');
  let what = 'Waiting for approval';
  let trouble: ServerTrouble | undefined;
  const line = await startTickingLine(
    output,
    () => `${trouble === undefined ? what : describeTrouble(trouble, host)}, ${countdown(endsAt - clock.now())} left`,
    () => {
      if (canOpen) void opened();
    },
  );
  const opened = async (): Promise<void> => {
    what = (await open?.()) === true ? 'Opened. Waiting for approval' : 'No browser started. Waiting for approval';
    line.now();
  };
  return {
    seen: (poll) => {
      trouble = poll.trouble;
      line.now();
    },
    end: () => line.end(),
  };
}

/** Where nobody watches: a line now, and one at each change. */
function tellPlainly(output: Output, { clock }: ScreenContext, { host, endsAt, instead }: Approval): ApprovalLine {
  output.note(`Waiting for approval, for ${spanLeft((endsAt - clock.now()) / 1000)} at most`);
  if (instead !== undefined) output.note(hintLine({ text: `where nobody can approve, use ${instead}` }));
  let shown: PollSeen['trouble'];
  return {
    seen: ({ trouble }) => {
      if (trouble === shown) return;
      output.note(trouble === undefined ? `${host} answers again` : `${describeTrouble(trouble, host)}; still waiting`);
      shown = trouble;
    },
    end: () => undefined,
  };
}
