/**
 * What a shell sources to complete the words of a bin. A script knows no command: it asks the program at each Tab, so it
 * fits every version. It asks the one on the PATH, whatever was typed: a Tab behind `./beamd` must not run what lies there.
 */
import { BeamError } from '../../errors.ts';
import { COMPLETE } from '../routing/argv.ts';
import type { Bin } from '../routing/manifest.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/** What `completion SHELL` answers. Throws `usage` for a shell that has no script here. */
export function completionFor(bin: Bin, shell: string): { readonly shell: Shell; readonly script: string } {
  if (isShell(shell)) return { shell, script: completionScript(bin, shell) };
  throw new BeamError('usage', 'There is no completion for this shell', { hint: { command: `${bin} completion --help` } });
}

export function isShell(word: string): word is Shell {
  return SHELLS.some((shell) => shell === word);
}

/** Where a shell looks for the script of a bin, below the folder of the completions of all shells. */
export function completionFile(bin: Bin, shell: Shell): string {
  return { bash: `bash/${bin}`, zsh: `zsh/_${bin}`, fish: `fish/${bin}.fish` }[shell];
}

/** The script, its last line ended. */
export function completionScript(bin: Bin, shell: Shell): string {
  return SCRIPTS[shell].replaceAll('BIN', bin).replaceAll('ASK', COMPLETE);
}

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# Completion of BIN for bash: BIN completion bash

_BIN() {
  local line
  COMPREPLY=()
  {
    IFS= read -r line
    if [[ $line == files ]]; then
      compopt -o default 2>/dev/null
    else
      while IFS= read -r line; do COMPREPLY+=("$line"); done
    fi
  } < <(printf '%s\\0' "\${COMP_LINE:0:COMP_POINT}" "$2" | command BIN ASK bash 2>/dev/null)
}

complete -F _BIN BIN
`,
  zsh: `#compdef BIN
# Completion of BIN for zsh: BIN completion zsh

_BIN() {
  local -a answer known
  answer=("\${(@f)$(printf '%s\\0' "\${(@Q)words[2,CURRENT]}" | command BIN ASK zsh 2>/dev/null)}")
  if [[ $answer[1] == files ]]; then
    [[ $words[CURRENT] == --*=* ]] && compset -P '*='
    _files
    return
  fi
  known=("\${(@)answer[2,-1]}")
  (( $#known )) && _describe -t BIN-words BIN known
}

if [[ $funcstack[1] == _BIN ]]; then
  _BIN "$@"
elif (( $+functions[compdef] )); then
  compdef _BIN BIN
fi
`,
  fish: `# Completion of BIN for fish: BIN completion fish

function __BIN_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (printf '%s\\0' $typed[2..-1] "$current" | command BIN ASK fish 2>/dev/null)
    if test "$answer[1]" = files
        set -l flag (string match -r -- '^--[a-z-]+=' "$current")
        for path in (__fish_complete_path (string replace -- "$flag" '' "$current"))
            echo "$flag$path"
        end
    else if set -q answer[2]
        printf '%s\\n' $answer[2..-1]
    end
end

complete -c BIN -f -a '(__BIN_complete)'
`,
};
