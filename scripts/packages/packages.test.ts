import { createHash, randomBytes } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { containerfile, C_LIBRARY } from './containerfile.ts';
import { buildDeb, canBuildDebs, controlFile, type DebInput } from './deb.ts';
import { homebrewFormula } from './homebrew.ts';
import { scoopManifest } from './scoop.ts';
import type { Download, Release, Repository } from './release.ts';

const RELEASE: Release = {
  version: '1.2.3',
  description: 'beamd and runbeam: log in once, act for many orgs. One local agent holds the session.',
  license: 'Apache-2.0',
  epoch: 1_700_000_000,
};

const REPOSITORY: Repository = {
  homepage: 'https://forge.example.com/beamd',
  downloads: 'https://forge.example.com/beamd/1.2.3',
};

const digest = (): string => randomBytes(32).toString('hex');

const DOWNLOADS: readonly Download[] = [
  'beamd-darwin-arm64',
  'beamd-darwin-x64',
  'beamd-linux-arm64',
  'beamd-linux-x64',
  'beamd-windows-x64.exe',
].map((name) => ({ name, sha256: digest() }));

const sha256Of = (name: string): string => DOWNLOADS.find((one) => one.name === name)?.sha256 ?? '';

let folder: string;

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'packages-')));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const hasDpkg = canBuildDebs();
const isRoot = process.getuid?.() === 0;

/** An executable that says how it was called, in place of the 126 MB one. */
function input(): DebInput {
  const executable = join(folder, 'beamd-linux-x64');
  writeFileSync(executable, '#!/bin/sh\necho "${0##*/}"\n', { mode: 0o755 });
  return {
    release: RELEASE,
    cpu: 'x64',
    executable,
    manPages: new Map([
      ['beamd.1', '.TH BEAMD 1\n'],
      ['runbeam.1', '.TH RUNBEAM 1\n'],
    ]),
    completions: new Map([['bash-completion/completions/beamd', 'complete -F _beamd beamd\n']]),
    copyright: 'Apache-2.0\n',
    repository: REPOSITORY,
  };
}

describe('the Debian package', () => {
  it.skipIf(!hasDpkg)('holds both programs, man pages, completions, a unit, and nothing that runs by itself', () => {
    const name = buildDeb(input(), folder);
    expect(name).toBe('beamd_1.2.3_amd64.deb');
    const deb = join(folder, name);
    const control = execFileSync('dpkg-deb', ['-f', deb], { encoding: 'utf8' });
    expect(control).toBe(controlFile(input(), Number(/^Installed-Size: (\d+)$/m.exec(control)?.[1])));
    // No maintainer scripts, no conffiles.
    mkdirSync(join(folder, 'control'));
    execFileSync('dpkg-deb', ['-e', deb, join(folder, 'control')]);
    expect(execFileSync('ls', ['-A', join(folder, 'control')], { encoding: 'utf8' })).toBe('control\n');
    const listed = execFileSync('sh', ['-c', `dpkg-deb --fsys-tarfile "$0" | tar -tv --full-time --utc`, deb], {
      encoding: 'utf8',
    });
    const rows = listed
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/\s+/))
      .map(([mode, owner, , day, time, ...path]) => `${mode} ${owner} ${day} ${time} ${path.join(' ')}`);
    const AT = '2023-11-14 22:13:20';
    expect(rows.filter((row) => !row.startsWith('d'))).toEqual([
      `-rwxr-xr-x root/root ${AT} ./usr/bin/beamd`,
      `-rw-r--r-- root/root ${AT} ./usr/lib/systemd/user/beamd-agent@.service`,
      `-rw-r--r-- root/root ${AT} ./usr/share/bash-completion/completions/beamd`,
      `-rw-r--r-- root/root ${AT} ./usr/share/doc/beamd/copyright`,
      `-rw-r--r-- root/root ${AT} ./usr/share/man/man1/beamd.1.gz`,
      `-rw-r--r-- root/root ${AT} ./usr/share/man/man1/runbeam.1.gz`,
      ...['docker-credential-beamd', 'git-credential-beamd', 'runbeam'].map((name) => {
        return `lrwxrwxrwx root/root ${AT} ./usr/bin/${name} -> beamd`;
      }),
    ]);
    expect(rows.filter((row) => row.startsWith('d')).every((row) => row.startsWith(`drwxr-xr-x root/root ${AT} `))).toBe(true);
  });

  it.skipIf(!hasDpkg)('is the same, made twice', () => {
    const made = ['one', 'two'].map((name) => {
      const into = join(folder, name);
      mkdirSync(into);
      return createHash('sha256')
        .update(readFileSync(join(into, buildDeb(input(), into))))
        .digest('hex');
    });
    expect(made[0]).toBe(made[1]);
  });

  it.skipIf(!hasDpkg || !isRoot)(
    'is installed by dpkg, runs by each of its names, and leaves nothing behind when it is removed',
    () => {
      const deb = join(folder, buildDeb(input(), folder));
      const root = join(folder, 'root');
      mkdirSync(join(root, 'var/lib/dpkg/info'), { recursive: true });
      mkdirSync(join(root, 'var/lib/dpkg/updates'));
      for (const file of ['status', 'available']) writeFileSync(join(root, 'var/lib/dpkg', file), '');
      const dpkg = (...args: string[]): unknown =>
        execFileSync('dpkg', ['--root', root, '--force-depends', ...args], { stdio: 'pipe' });
      dpkg('-i', deb);
      const names = ['beamd', 'runbeam', 'git-credential-beamd', 'docker-credential-beamd'];
      const said = names.map((name) => execFileSync(join(root, 'usr/bin', name), { encoding: 'utf8' }));
      expect(said).toEqual(names.map((name) => `${name}\n`));
      expect(gunzipSync(readFileSync(join(root, 'usr/share/man/man1/beamd.1.gz'))).toString()).toBe('.TH BEAMD 1\n');
      dpkg('--purge', 'beamd');
      expect(statSync(join(root, 'usr'), { throwIfNoEntry: false })).toBeUndefined();
    },
  );

  it('names a homepage only where there is one', () => {
    expect(controlFile({ release: RELEASE, cpu: 'arm64' }, 7)).toBe(
      [
        'Package: beamd',
        'Version: 1.2.3',
        'Architecture: arm64',
        'Maintainer: The beamd authors',
        'Installed-Size: 7',
        'Depends: libc6 (>= 2.17)',
        'Recommends: ca-certificates',
        'Section: utils',
        'Priority: optional',
        'Description: Log in once, act for many orgs',
        ` ${RELEASE.description}`,
        '',
      ].join('\n'),
    );
    expect(controlFile({ release: RELEASE, cpu: 'x64', repository: REPOSITORY }, 7)).toContain(
      '\nHomepage: https://forge.example.com/beamd\n',
    );
  });
});

describe('the Homebrew formula', () => {
  const formula = homebrewFormula(RELEASE, REPOSITORY, DOWNLOADS);

  it('names each executable with its hash', () => {
    expect(formula.split('\n').slice(0, 30)).toEqual([
      'class Beamd < Formula',
      '  desc "Log in once, act for many orgs"',
      '  homepage "https://forge.example.com/beamd"',
      '  version "1.2.3"',
      '  license "Apache-2.0"',
      '',
      '  on_macos do',
      '    on_arm do',
      '      url "https://forge.example.com/beamd/1.2.3/beamd-darwin-arm64"',
      `      sha256 "${sha256Of('beamd-darwin-arm64')}"`,
      '    end',
      '    on_intel do',
      '      url "https://forge.example.com/beamd/1.2.3/beamd-darwin-x64"',
      `      sha256 "${sha256Of('beamd-darwin-x64')}"`,
      '    end',
      '  end',
      '',
      '  on_linux do',
      '    on_arm do',
      '      url "https://forge.example.com/beamd/1.2.3/beamd-linux-arm64"',
      `      sha256 "${sha256Of('beamd-linux-arm64')}"`,
      '    end',
      '    on_intel do',
      '      url "https://forge.example.com/beamd/1.2.3/beamd-linux-x64"',
      `      sha256 "${sha256Of('beamd-linux-x64')}"`,
      '    end',
      '  end',
      '',
      '  def install',
      '    bin.install Dir["beamd-*"].first => "beamd"',
    ]);
  });

  it('is not made without one of them', () => {
    expect(() => homebrewFormula(RELEASE, REPOSITORY, DOWNLOADS.slice(1))).toThrow('The release has no beamd-darwin-arm64');
  });

  it.skipIf(spawnSync('ruby', ['--version']).status !== 0)('is Ruby', () => {
    expect(execFileSync('ruby', ['-c'], { input: formula, encoding: 'utf8' })).toBe('Syntax OK\n');
  });
});

it("Scoop's manifest gives the executable all of its names", () => {
  expect(JSON.parse(scoopManifest(RELEASE, REPOSITORY, DOWNLOADS))).toEqual({
    version: '1.2.3',
    description: RELEASE.description,
    homepage: 'https://forge.example.com/beamd',
    license: 'Apache-2.0',
    architecture: {
      '64bit': {
        url: 'https://forge.example.com/beamd/1.2.3/beamd-windows-x64.exe#/beamd.exe',
        hash: sha256Of('beamd-windows-x64.exe'),
      },
    },
    pre_install: [
      'New-Item -ItemType HardLink -Path "$dir\\runbeam.exe" -Target "$dir\\beamd.exe" | Out-Null',
      'New-Item -ItemType HardLink -Path "$dir\\git-credential-beamd.exe" -Target "$dir\\beamd.exe" | Out-Null',
      'New-Item -ItemType HardLink -Path "$dir\\docker-credential-beamd.exe" -Target "$dir\\beamd.exe" | Out-Null',
    ],
    bin: ['beamd.exe', 'runbeam.exe', 'git-credential-beamd.exe', 'docker-credential-beamd.exe'],
  });
});

it.each([
  ['amd64', '/lib64/ld-linux-x86-64.so.2', 'x86_64-linux-gnu', 'x64'],
  ['arm64', '/lib/ld-linux-aarch64.so.1', 'aarch64-linux-gnu', 'arm64'],
] as const)('the image for %s has what the executable loads, a user, and no shell', (architecture, loader, libraries, cpu) => {
  const text = containerfile(architecture);
  const [, image = ''] = text.split('FROM scratch\n');
  expect(image).toBe(
    [
      'COPY --from=system /image /',
      'ENV HOME=/home/beamd PATH=/usr/bin SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
      'USER 65532:65532',
      'WORKDIR /home/beamd',
      'ENTRYPOINT ["/usr/bin/beamd"]',
      '',
    ].join('\n'),
  );
  for (const name of C_LIBRARY) expect(text).toContain(` /lib/${libraries}/${name} `);
  expect(text).toContain(` && cp -L ${loader} /image${loader} \\\n`);
  expect(text).toContain(`COPY beamd-linux-${cpu} /image/usr/bin/beamd\n`);
});
