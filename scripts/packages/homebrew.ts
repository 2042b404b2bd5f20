/** The Homebrew formula. */
import { downloadsOf, FURTHER_NAMES, shortDescription, type Download, type Release, type Repository } from './release.ts';

/** What it names a system: the block of Homebrew's language, and our executable for it. */
const SYSTEMS = [
  { system: 'macos', cpu: 'arm', executable: 'beamd-darwin-arm64' },
  { system: 'macos', cpu: 'intel', executable: 'beamd-darwin-x64' },
  { system: 'linux', cpu: 'arm', executable: 'beamd-linux-arm64' },
  { system: 'linux', cpu: 'intel', executable: 'beamd-linux-x64' },
] as const;

/** `beamd.rb`. The man pages and completions are asked of the executable itself. */
export function homebrewFormula(release: Release, repository: Repository, downloads: readonly Download[]): string {
  const download = downloadsOf(downloads);
  const onSystem = (wanted: 'macos' | 'linux'): string[] => [
    `  on_${wanted} do`,
    ...SYSTEMS.filter(({ system }) => system === wanted).flatMap(({ cpu, executable }) => [
      `    on_${cpu} do`,
      `      url "${repository.downloads}/${executable}"`,
      `      sha256 "${download(executable).sha256}"`,
      '    end',
    ]),
    '  end',
  ];
  return lines([
    'class Beamd < Formula',
    `  desc ${rubyText(shortDescription(release.description))}`,
    `  homepage "${repository.homepage}"`,
    `  version "${release.version}"`,
    `  license "${release.license}"`,
    '',
    ...onSystem('macos'),
    '',
    ...onSystem('linux'),
    '',
    '  def install',
    '    bin.install Dir["beamd-*"].first => "beamd"',
    ...FURTHER_NAMES.map((name) => `    bin.install_symlink "beamd" => "${name}"`),
    '    %w[beamd runbeam].each do |name|',
    '      generate_completions_from_executable(bin/name, "completion", base_name: name)',
    '    end',
    '  end',
    '',
    '  test do',
    '    assert_match version.to_s, shell_output("#{bin}/beamd --version")',
    '    assert_match version.to_s, shell_output("#{bin}/runbeam --version")',
    '  end',
    'end',
  ]);
}

function rubyText(text: string): string {
  return JSON.stringify(text).replaceAll('#{', '\\#{');
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
