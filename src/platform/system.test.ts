import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Env } from '../environment.ts';
import { system, systemOf } from './system.ts';

const linux = systemOf('linux');
const macos = systemOf('darwin');
const windows = systemOf('win32');

test('each platform has its twin, and this one is in use', () => {
  expect([linux, macos, windows].map(({ platform }) => platform)).toEqual(['linux', 'darwin', 'win32']);
  expect(systemOf('freebsd')).toBe(macos);
  expect(system).toBe(systemOf(process.platform));
});

describe('what is known of processes', () => {
  test.runIf(process.platform === 'linux')('Linux reads it, and knows that nobody has a number that is too large', () => {
    const { processes, limits } = linux;
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ');
    expect([processes.startOf(process.pid), processes.startOf(0x7fff_fff0)]).toEqual([fields?.[19], undefined]);
    expect(processes.bootId()).toMatch(/^[0-9a-f-]{36}$/);
    expect(processes.pidNamespace()).toMatch(/^\d+$/);
    expect(limits.openFiles()).toBeGreaterThan(0);
    expect(limits.largestFile()).toMatch(/^(?:unlimited|\d+)$/);
    expect(limits.networkNamespace()).toMatch(/^net:\[\d+\]$/);
  });

  test('macOS knows that a process is gone, whether or not its programs can be asked', () => {
    expect(macos.processes.startOf(0x7fff_fff0)).toBeUndefined();
    expect(macos.processes.startOf(process.pid)).not.toBeUndefined();
    expect(macos.processes.pidNamespace()).toBe('0');
  });

  test('Windows knows nothing', () => {
    const { processes, limits } = windows;
    const said = [processes.startOf(process.pid), processes.startOf(0x7fff_fff0), processes.bootId(), processes.pidNamespace()];
    expect(said).toEqual(['', '', '', '0']);
    expect([limits.openFiles(), limits.largestFile(), limits.networkNamespace()]).toEqual([undefined, '', '']);
  });
});

describe('descriptors that are not the three streams', () => {
  test.for([macos, windows])('pass to nobody on $platform', ({ descriptors }) => {
    descriptors.closeInherited();
    expect([descriptors.shieldedStdio(), descriptors.ofCaller()]).toEqual([['ignore', 'ignore', 'ignore'], []]);
    expect(descriptors.stdioWith([{ fd: 5, target: 'pipe:[1]' }])).toEqual(['inherit', 'inherit', 'inherit']);
  });
});

describe('signals', () => {
  test('on Windows those of the console are held, and none is passed on: each process there gets them', () => {
    const { ending, held, fromTerminal } = windows.signals;
    expect([ending, held, [...fromTerminal]]).toEqual(Array(3).fill(['SIGINT', 'SIGBREAK', 'SIGHUP']));
    expect(windows.signals.reachedByTerminal(1)).toBe(true);
    expect(windows.signals.ignoredAtStart({ _: 'nohup' })).toEqual(new Set());
    expect(windows.signals.ignoring(new Set(['SIGINT']), ['a'])).toBeUndefined();
  });

  test('on Windows this process is interrupted without being ended', () => {
    const heard: NodeJS.Signals[] = [];
    const listener = (signal: NodeJS.Signals): void => void heard.push(signal);
    process.on('SIGINT', listener);
    windows.signals.interruptSelf();
    process.off('SIGINT', listener);
    expect(heard).toEqual(['SIGINT']);
  });

  test('on macOS only nohup is seen, and what it says is kept by a shell in between', () => {
    expect(macos.signals.ignoredAtStart({ _: '/usr/bin/nohup' })).toEqual(new Set(['SIGHUP']));
    expect(macos.signals.ignoredAtStart({ _: '/usr/bin/env' })).toEqual(new Set());
    expect(macos.signals.reachedByTerminal(process.pid)).toBeUndefined();
    expect(macos.signals.ignoring(new Set(['SIGHUP', 'SIGINT']), ['echo', 'a b'])).toEqual([
      '/bin/sh',
      '-c',
      `trap '' HUP INT; exec "$@"`,
      'sh',
      'echo',
      'a b',
    ]);
  });
});

describe('programs', () => {
  test('Linux and macOS look along PATH, unless there is a slash', () => {
    const env = { PATH: '/opt/bin:/usr/bin' };
    expect(linux.programs.places('git', env)).toEqual(['/opt/bin/git', '/usr/bin/git']);
    expect(linux.programs.places('./git', env)).toEqual(['./git']);
    expect(macos.programs).toBe(linux.programs);
  });

  test('Windows looks along Path with each extension, and never in the working folder', () => {
    const places = (program: string, env: Env): string[] => windows.programs.places(program, env);
    const env = { Path: String.raw`C:\Tools;;"D:\More Tools"`, PATHEXT: '.EXE;.CMD' };
    expect(places('git', env)).toEqual([
      String.raw`C:\Tools\git.exe`,
      String.raw`C:\Tools\git.cmd`,
      String.raw`D:\More Tools\git.exe`,
      String.raw`D:\More Tools\git.cmd`,
    ]);
    expect(places('git.exe', { PATH: String.raw`C:\Tools`, PATHEXT: '.EXE' })).toEqual([
      String.raw`C:\Tools\git.exe`,
      String.raw`C:\Tools\git.exe.exe`,
    ]);
    expect(places(String.raw`.\git`, {})).toEqual(['.com', '.exe', '.bat', '.cmd'].map((end) => String.raw`.\git` + end));
    expect(places('git', {})).toEqual([]);
  });

  test('Windows starts what the system starts, and says what else there is to do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'beamd-programs-'));
    try {
      for (const name of ['a.EXE', 'a.cmd']) writeFileSync(join(folder, name), '');
      const { programs } = windows;
      const paths = ['a.EXE', 'a.cmd', 'b.exe'].map((name) => join(folder, name));
      expect(paths.map((path) => programs.isRunnable(path))).toEqual([true, false, false]);
      expect([programs.whyNotRunnable(join(folder, 'a.cmd')), programs.whyNotRunnable(folder)]).toEqual([
        {
          why: 'it is a script, and beamd puts no shell around it',
          command: `beamd exec -- cmd /c "${join(folder, 'a.cmd')}"`,
        },
        { why: 'it is a folder', command: `dir "${folder}"` },
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('what runs in the background holds on to no folder of the user', () => {
    expect([linux, macos, windows].map(({ programs }) => programs.background)).toEqual([
      { detached: true, cwd: '/', windowsHide: true },
      { detached: true, cwd: '/', windowsHide: true },
      { detached: true, cwd: process.env['SystemRoot'] ?? String.raw`C:\Windows`, windowsHide: true },
    ]);
  });
});

describe('files', () => {
  test.runIf(process.platform !== 'win32')('have an owner and modes on Linux and macOS', () => {
    for (const { files } of [linux, macos]) {
      expect(files.ownUid()).toBe(process.getuid?.());
      const before = files.umask(0o027);
      expect([files.umask(before), process.umask(before)]).toEqual([0o027, before]);
    }
  });

  test('have neither on Windows, where the access list of their folder counts', () => {
    const before = process.umask(0o027);
    expect([windows.files.ownUid(), windows.files.umask(0o777)]).toEqual([undefined, 0]);
    expect(process.umask(before)).toBe(0o027);
  });

  test('that are other names of descriptors', () => {
    const paths = ['/dev/stdin', '/dev/fd/7', '/proc/self/fd/7', '/dev/fd/x', '/tmp/dev/fd/7'];
    expect([linux, macos, windows].map(({ files }) => paths.map((path) => files.descriptorAt(path)))).toEqual([
      [0, 7, 7, undefined, undefined],
      [0, 7, undefined, undefined, undefined],
      Array(5).fill(undefined),
    ]);
  });
});

describe('the desktop', () => {
  const url = 'https://edge.example.com/device?a=b&c=d';

  test('a URL is one argument of the program that the system opens it with', () => {
    const env = { DISPLAY: ':0', SYSTEMROOT: String.raw`D:\Windows` };
    expect([linux, macos, windows].map(({ desktop }) => desktop.browser(url, env))).toEqual([
      { file: 'xdg-open', args: [url] },
      { file: 'open', args: [url] },
      { file: String.raw`D:\Windows\System32\rundll32.exe`, args: ['url.dll,FileProtocolHandler', url] },
    ]);
    expect(linux.desktop.browser(url, {})).toBeUndefined();
  });

  test('shows Unicode where the locale, or on Windows the terminal, says so', () => {
    for (const { desktop } of [linux, macos]) {
      const shown = [
        ...[{}, { LANG: 'C' }, { LANG: 'C.UTF-8', TERM: 'linux' }, { LANG: 'C.UTF-8', TERM: 'dumb' }, { LANG: 'de_DE.UTF-8' }],
        ...[
          { LC_ALL: 'C', LANG: 'C.UTF-8' },
          { LC_CTYPE: 'UTF-8', LANG: 'C' },
          { LC_ALL: '', LANG: 'en_US.utf8' },
        ],
      ].map((env) => desktop.showsUnicode(env));
      expect(shown).toEqual([false, false, false, false, true, false, true, true]);
    }
    const { desktop } = windows;
    expect([{}, { LANG: 'C.UTF-8' }, { WT_SESSION: 'x' }].map((env) => desktop.showsUnicode(env))).toEqual([false, false, true]);
  });

  test('the clipboard is that of the screen that there is', () => {
    const env = { DISPLAY: ':0', WAYLAND_DISPLAY: 'wayland-0', SYSTEMROOT: String.raw`D:\Windows` };
    expect([linux, macos, windows].map(({ desktop }) => desktop.clipboards(env))).toEqual([
      [
        { file: 'wl-copy', args: [] },
        { file: 'xclip', args: ['-selection', 'clipboard'] },
        { file: 'xsel', args: ['--clipboard', '--input'] },
      ],
      [{ file: 'pbcopy', args: [] }],
      [{ file: String.raw`D:\Windows\System32\clip.exe`, args: [] }],
    ]);
    expect([linux.desktop.clipboards({}), linux.desktop.clipboards({ WSL_DISTRO_NAME: 'Debian' })]).toEqual([
      [],
      [{ file: 'clip.exe', args: [] }],
    ]);
  });

  test('only Linux tells from the environment that there is no keyring', () => {
    expect([linux, macos, windows].map(({ desktop }) => desktop.mayHaveKeyring({}))).toEqual([false, true, true]);
    expect(linux.desktop.mayHaveKeyring({ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/bus' })).toBe(true);
  });
});

describe('where an agent listens', () => {
  test('is a file on Linux and macOS', () => {
    expect([linux.sockets.pipe, macos.sockets.pipe]).toEqual([undefined, undefined]);
    expect([linux, macos].map(({ sockets }) => sockets.whoListens('/h/a.sock'))).toEqual(
      Array(2).fill("fuser '/h/a.sock' shows it"),
    );
  });

  test('is a pipe on Windows, with a name for each home and account, in whichever case the home is written', () => {
    const name = (home: string, key: string): string | undefined => windows.sockets.pipe?.(home, key);
    const home = String.raw`C:\Users\Al\.beamd`;
    const hash = createHash('sha256').update('c:\\users\\al\\.beamd\0edge.example.com').digest('hex');
    const own = String.raw`\\.\pipe\beamd-` + hash.slice(0, 32);
    expect([home, 'c:/users/AL/.beamd'].map((each) => name(each, 'edge.example.com'))).toEqual([own, own]);
    const others = [name(home, 'edge.example.com@work'), name(String.raw`C:\Users\Bo\.beamd`, 'edge.example.com')];
    expect(new Set([own, ...others]).size).toBe(3);
  });
});
