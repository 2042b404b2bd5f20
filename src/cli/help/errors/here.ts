/** Errors with exit codes 1, 126, 127 and 130: what went wrong on this machine. */
import type { ErrorCode } from '../../../errors.ts';
import type { Explanation } from './explanation.ts';

type Code =
  | 'storage'
  | 'storage_full'
  | 'decrypt_failed'
  | 'busy'
  | 'agent_unavailable'
  | 'agent_outdated'
  | 'failed'
  | 'program_not_runnable'
  | 'program_not_found'
  | 'interrupted';

export const HERE: Readonly<Record<Extract<ErrorCode, Code>, Explanation>> = {
  program_not_runnable: {
    what: 'The program that `beamd exec` was to run is there, and cannot be run',
    says: ['… cannot be run: …'],
    causes: [
      ['It is not executable', 'Run `chmod +x FILE`'],
      ['It is a script whose first line names a program that is missing', 'Correct its `#!` line, or install that program'],
      ['Its arguments and environment are too long together', 'Pass a file in their place'],
    ],
  },
  program_not_found: {
    what: 'There is no program of that name',
    says: ['There is no program …'],
    causes: [
      ['The name of what `beamd exec` is to run is mistyped, or its folder is not in `PATH`', 'Check it with `command -v NAME`'],
      ['It is an alias or a function of your shell', 'Run it through a script file'],
      ['Another program looked for `beamd` to start the agent', "Install `beamd` where that program's `PATH` has it"],
    ],
  },
  interrupted: {
    what: 'You, or a signal, ended the command; what was done until then was said',
    says: ['The login was interrupted; nothing was saved'],
    causes: [
      ['Ctrl-C was pressed', 'Run the command again: what was begun is gone on with or begun anew'],
      ['The terminal was closed, or the CI ended the job', 'Give the job more time'],
    ],
  },
  storage: {
    what: 'A file cannot be written or read here, or the OS keyring cannot be used',
    says: [
      'There is no folder … to write into',
      'There is no OS keyring here',
      'The OS keyring is locked',
      'The OS keyring does not answer',
    ],
    causes: [
      ['A file was to be written into a folder that is not there', 'Run the `mkdir` that the message names'],
      ['The folder is read-only, or belongs to somebody else', 'Set `BEAMD_HOME` or `RUNBEAM_HOME` to a folder of your own'],
      [
        'There is no keyring, as over SSH, in containers and in WSL, or it is locked',
        'Unlock it, or log in with `--storage age`, which keeps the key in a file of yours',
      ],
      ['The file system has no hard links', 'Use a folder on another one'],
      ['Something else is in the way', 'Run `{bin} doctor`: it tries what is needed, and names what fails'],
    ],
  },
  storage_full: {
    what: 'The disk, or your share of it, is full',
    says: ['The disk is full'],
    causes: [
      ['There is no space left for a file of a few kilobytes', 'Free some, then run the command again; no session is lost'],
      ['There is space, but no more files may be made', 'Look at `df -i`, and remove files that are not needed'],
    ],
  },
  decrypt_failed: {
    what: 'A secret that is kept here cannot be opened: its key is missing or another one',
    says: [
      '… cannot be decrypted with the key at hand',
      'The credential of … is encrypted and its key is missing',
      'The credential of … is not a whole age file',
    ],
    causes: [
      [
        '`BEAMD_ENCRYPTION_KEY` or `RUNBEAM_ENCRYPTION_KEY` is not set now, or is another one',
        'Set it as it was when you logged in',
      ],
      ['The keyring was reset, or the key file was removed', 'Put it back from a backup, or log in again: `{bin} login`'],
      ['The home folder was copied from another machine, without its keyring', 'Log in on this machine'],
      ['The file was cut off or changed', 'Log in again; the key of a gateway comes with `runbeam harmony:set-key`'],
    ],
  },
  busy: {
    what: 'Another process holds what is needed, and has not let go of it in time',
    says: ['The agent does not answer', 'Another process has held … for … seconds', 'Another process is logging in there'],
    causes: [
      ['Another command does the same right now', 'Try again in a moment'],
      [
        'The agent, or a process that holds a lock, was stopped with Ctrl-Z or frozen',
        'Let it go on (`fg`), or end it; for an agent: `beamd agent stop`',
      ],
      ['A run over many gateways is under way', 'Wait for its end, or end it and go on with `--resume`'],
    ],
  },
  agent_unavailable: {
    what: 'The agent cannot be started or spoken to',
    says: [
      'The agent could not be started',
      'No agent listens at …',
      'The agent ended before it answered',
      "The agent's socket … cannot be used",
    ],
    causes: [
      ['It ended as soon as it began', 'Run `beamd agent log`, which says why'],
      ['The path of its socket is too long, or its folder can hold none', 'Set `BEAMD_HOME` to a shorter path on a local disk'],
      ['A file for `--config` names the socket of an agent that does not run', 'Start it on its side: `beamd agent start`'],
      [
        'A sandbox or a container forbids background programs or sockets',
        'Use an API key with `--config`, or pass the socket in',
      ],
    ],
  },
  agent_outdated: {
    what: 'The agent and the command are of different versions',
    says: [
      'The program of this agent was replaced or removed meanwhile',
      '… speaks another version of the protocol than this command',
    ],
    causes: [
      ['The program was updated while the agent ran', 'Run the command again: a new agent takes over'],
      ['Two versions are installed and used in turn', 'Remove one; `beamd doctor` names both'],
      ["The agent is another machine's or another home's, through its socket", 'Use the same version on both sides'],
    ],
  },
  failed: {
    what: 'Something failed that has no name of its own',
    says: [
      'Something went wrong inside the command; this is a bug',
      'The agent failed at this',
      'The installation is damaged: … cannot be read',
    ],
    causes: [
      ['A mistake of ours', 'Run it again with `--debug`, and report it with what `{bin} doctor --bundle FILE` writes'],
      ['The installation is damaged, or was changed while it ran', 'Install it again'],
      ['A background program was ended, as by a lack of memory', 'Run `beamd agent log`, and look into the log of the system'],
      [
        'Another program that was asked to help failed, such as `vault` or `kubectl`',
        'Run what the message names by itself: it tells more',
      ],
    ],
  },
};
