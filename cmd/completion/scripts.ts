/**
 * The scripts that teach a shell to complete command lines of mq. They hold nothing of mq themselves:
 * at each key press of Tab they ask it.
 *
 * @module
 */
import { COMPLETE_LINE_WORD, COMPLETE_WORD, FILES_LINE } from "./complete.ts";

/** Shells there is a script for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** One of {@linkcode SHELLS}. */
export type Shell = (typeof SHELLS)[number];

/** The script for a shell. */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# Completion of mq in bash. Load it with: source <(mq completion bash)
_mq() {
  COMPREPLY=()
  local value about
  while IFS=$'\\t' read -r value about; do
    if [[ $value == ${FILES_LINE} ]]; then
      compopt -o default 2>/dev/null
    else
      COMPREPLY+=("$value")
    fi
  done < <(mq ${COMPLETE_LINE_WORD} "$COMP_WORDBREAKS" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}
complete -F _mq mq
`,
  zsh: `#compdef mq
# Completion of mq in zsh. Load it with: source <(mq completion zsh), or write it to a file _mq of
# a folder of fpath.
_mq() {
  local value about files=0
  local -a found
  while IFS=$'\\t' read -r value about; do
    if [[ $value == ${FILES_LINE} ]]; then
      files=1
    else
      found+=("\${value//:/\\\\:}:$about")
    fi
  done < <(mq ${COMPLETE_WORD} "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#found} )) && _describe mq found
  (( files )) && _files
}
if [[ \${funcstack[1]} == _mq ]]; then _mq "$@"; else compdef _mq mq; fi
`,
  fish: `# Completion of mq in fish. Load it with: mq completion fish | source
function __mq_complete
  set -l words (commandline -opc)[2..-1]
  set -l current (commandline -ct)
  for line in (mq ${COMPLETE_WORD} $words "$current" 2>/dev/null)
    if test "$line" = ${FILES_LINE}
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c mq -f -a '(__mq_complete)'
`,
};
