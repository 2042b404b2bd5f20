/**
 * The Debian package: the executable under both names, man pages, completions, and a systemd user unit that nobody needs
 * and nothing enables. It has no maintainer scripts. `dpkg-deb` makes it, so it is made on systems that have that.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FURTHER_NAMES, shortDescription, type Release, type Repository } from './release.ts';

/** Debian's names of the processors that executables are built for. */
export const DEB_ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' } as const;

export interface DebInput {
  readonly release: Release;
  readonly cpu: keyof typeof DEB_ARCHITECTURES;
  /** Path of the executable. */
  readonly executable: string;
  /** Text by file name: `beamd-login.1`. */
  readonly manPages: ReadonlyMap<string, string>;
  /** Text by where it is installed, under `/usr/share`: `bash-completion/completions/beamd`. */
  readonly completions: ReadonlyMap<string, string>;
  /** What Debian calls the copyright file: our license and those of what is bundled. */
  readonly copyright: string;
  readonly repository?: Repository;
}

/** The oldest C library that the executable runs with. */
const NEEDS = 'libc6 (>= 2.17)';

/** Keeps an agent for those whose sessions linger (`loginctl enable-linger`): agents otherwise start by themselves. */
const UNIT = `[Unit]
Description=Agent of beamd for %I
Documentation=man:beamd(1) man:beamd-agent-start(1)

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/beamd agent start --server %I
ExecStop=/usr/bin/beamd agent stop --server %I

[Install]
WantedBy=default.target
`;

/** Whether this system has what makes such packages. */
export function canBuildDebs(): boolean {
  return spawnSync('dpkg-deb', ['--version']).status === 0;
}

/** Makes the package in `folder` and returns its file name. Throws where dpkg-deb is missing or refuses. */
export function buildDeb(input: DebInput, folder: string): string {
  const { release, cpu } = input;
  const name = `beamd_${release.version}_${DEB_ARCHITECTURES[cpu]}.deb`;
  const stage = mkdtempSync(join(tmpdir(), 'beamd-deb-'));
  try {
    fill(stage, input);
    setTimes(stage, release.epoch);
    const made = spawnSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', stage, join(folder, name)], {
      env: { ...process.env, SOURCE_DATE_EPOCH: String(release.epoch) },
      encoding: 'utf8',
    });
    if (made.status !== 0) throw new Error(`dpkg-deb made no package: ${made.error?.message ?? made.stderr}`);
  } finally {
    rmSync(stage, { recursive: true });
  }
  return name;
}

function fill(stage: string, input: DebInput): void {
  // What mkdtemp made for its owner alone becomes the root folder of whoever installs it.
  chmodSync(stage, 0o755);
  const bin = join(stage, 'usr/bin');
  makeFolder(bin);
  copyFileSync(input.executable, join(bin, 'beamd'));
  chmodSync(join(bin, 'beamd'), 0o755);
  for (const name of FURTHER_NAMES) symlinkSync('beamd', join(bin, name));
  for (const [page, text] of input.manPages) write(join(stage, 'usr/share/man/man1', `${page}.gz`), gzip(text));
  for (const [path, text] of input.completions) write(join(stage, 'usr/share', path), text);
  write(join(stage, 'usr/lib/systemd/user/beamd-agent@.service'), UNIT);
  write(join(stage, 'usr/share/doc/beamd/copyright'), input.copyright);
  write(join(stage, 'DEBIAN/control'), controlFile(input, kibibytes(stage)));
}

/** Neither a name nor a date goes into it. */
function gzip(text: string): Buffer {
  return gzipSync(text, { level: 9 });
}

/** `DEBIAN/control`. Without a repository it names no homepage. */
export function controlFile(
  { release, cpu, repository }: Pick<DebInput, 'release' | 'cpu' | 'repository'>,
  size: number,
): string {
  const fields = [
    ['Package', 'beamd'],
    ['Version', release.version],
    ['Architecture', DEB_ARCHITECTURES[cpu]],
    ['Maintainer', 'The beamd authors'],
    ['Installed-Size', String(size)],
    ['Depends', NEEDS],
    ['Recommends', 'ca-certificates'],
    ['Section', 'utils'],
    ['Priority', 'optional'],
    ...(repository === undefined ? [] : [['Homepage', repository.homepage]]),
    ['Description', `${shortDescription(release.description)}\n ${release.description}`],
  ];
  return fields.map((field) => `${field.join(': ')}\n`).join('');
}

function makeFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
}

function write(path: string, content: string | Buffer): void {
  makeFolder(dirname(path));
  writeFileSync(path, content);
  chmodSync(path, 0o644);
}

function everything(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
}

function kibibytes(stage: string): number {
  const sizes = everything(stage).map((path) => lstatSync(path).size);
  return Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1024);
}

/** dpkg-deb keeps what is older than the release as it is, and takes newer back. */
function setTimes(stage: string, epoch: number): void {
  for (const path of everything(stage)) lutimesSync(path, epoch, epoch);
}
