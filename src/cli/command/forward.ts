/** The two ways of `beamd agent forward`: around an `ssh` of ours, or beside one that its user runs. */
import { BeamError, EXIT_CODES } from '../../errors.ts';
import { handedOnFrom } from '../../programs.ts';
import { printableJson } from '../../text.ts';
import type { Context } from '../../services/context.ts';
import { openForwarding, type ForwardInput, type Forwarding } from '../../services/agents/forward.ts';
import { remoteCommand, sshWords } from '../../services/agents/ssh-words.ts';
import type { Output } from '../output/output.ts';
import {
  agentForwardJson,
  presentForwarding,
  presentRemoteLine,
  presentSshCommand,
  presentUse,
} from '../present/agent/forward.ts';
import { isQuiet } from './verbosity.ts';
import { runChild } from '../terminal/run-child.ts';

interface Input extends ForwardInput {
  /** More of `-o` for ssh. */
  readonly options: readonly string[];
}

interface Surface {
  readonly output: Output;
  readonly wantsJson: boolean;
  /** What runs on the other side; empty: a shell. */
  readonly command: readonly string[];
}

/** Returns the exit code of `ssh`, which is that of what ran on the other side. Throws as `openForwarding` and `runChild`. */
export async function forwardWithSsh(context: Context, input: Input, surface: Surface): Promise<number> {
  if (surface.wantsJson) {
    throw new BeamError('usage', 'ssh has the output, so there is no JSON', {
      hint: { command: 'beamd agent forward HOST --print-only --json' },
    });
  }
  const forwarding = await open(context, input, surface.output);
  try {
    const { command } = surface;
    say(surface.output, presentForwarding(forwarding, input.host, surface.output.errorStyle, context.clock.now()));
    // A shell wants a terminal there; a command has what ssh gives it.
    const terminal = command.length === 0 && process.stdin.isTTY ? ['-t'] : [];
    const words = sshWords({ ...input, ...forwarding }, terminal);
    return await runChild([...words, remoteCommand(forwarding.remote, command)], handedOnFrom(context.env));
  } finally {
    forwarding.close();
    // Its log says so, too, before this process ends.
    await forwarding.closed;
  }
}

/** Returns 0 once its time is over, 130 after Ctrl-C. Throws as `openForwarding`, and `usage` for a command. */
export async function forwardUntilInterrupted(context: Context, input: Input, surface: Surface): Promise<number> {
  const { output, wantsJson, command } = surface;
  if (command.length > 0) {
    throw new BeamError('usage', 'With --print-only you run ssh yourself, and the command with it', {
      hint: { command: 'beamd agent forward HOST --print-only' },
    });
  }
  const forwarding = await open(context, input, output);
  try {
    const words = sshWords({ ...input, ...forwarding });
    output.result(
      wantsJson ? printableJson(JSON.stringify(agentForwardJson(forwarding, words), null, 2)) : presentSshCommand(words),
    );
    await output.flush();
    say(output, presentForwarding(forwarding, input.host, output.errorStyle, context.clock.now()));
    say(output, presentRemoteLine(forwarding));
    return await Promise.race([forwarding.closed.then(() => 0), interrupted(context.signal)]);
  } finally {
    forwarding.close();
    // Its log says so, too, before this process ends.
    await forwarding.closed;
  }
}

function open(context: Context, input: Input, output: Output): Promise<Forwarding> {
  // A terminal on which ssh has the keys in its hands does not go back to the first column by itself.
  const end = process.stderr.isTTY ? '\r' : '';
  return openForwarding(context, input, (use) => say(output, presentUse(use, input.host) + end));
}

function say(output: Output, line: string): void {
  if (!isQuiet()) output.note(line);
}

function interrupted(signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(EXIT_CODES.interrupted);
    signal.addEventListener('abort', () => resolve(EXIT_CODES.interrupted), { once: true });
  });
}
