import { type Command, InvalidArgumentError } from 'commander';

const SHELLS = ['bash', 'zsh'] as const;
type Shell = (typeof SHELLS)[number];

/** `chaperone completion bash|zsh`: a completion script, written from the command tree itself. */
export function completion(root: Command): void {
  root
    .command('completion')
    .description('print a completion script: source <(chaperone completion bash)')
    .argument('<shell>', SHELLS.join(' or '), shellName)
    .action((shell: Shell) => {
      process.stdout.write(script(shell, words(root)));
    });
}

function shellName(value: string): Shell {
  const shell = SHELLS.find((name) => name === value);
  if (shell === undefined) throw new InvalidArgumentError(SHELLS.join(' or '));
  return shell;
}

/** What may follow each verb: its options and its own verbs. The empty key is the program itself. */
function words(root: Command): Map<string, string[]> {
  const all = new Map<string, string[]>();
  const visit = (command: Command, path: string[]) => {
    const options = command
      .createHelp()
      .visibleOptions(command)
      .map((option) => option.long ?? option.short ?? '');
    const verbs = command.commands.map((child) => child.name());
    all.set(path.join(' '), [...verbs, ...options]);
    for (const child of command.commands) visit(child, [...path, child.name()]);
  };
  visit(root, []);
  return all;
}

/**
 * zsh reads bash's completions through its own bashcompinit, so one script serves both; but there `path` and
 * `words` are variables of the shell's own, and a slice takes no bare name for its length.
 */
function script(shell: Shell, all: Map<string, string[]>): string {
  const arms = [...all].map(
    ([verb, next]) => `    ${JSON.stringify(verb)}) choices=${JSON.stringify(next.join(' '))} ;;\n`,
  );
  const preamble =
    shell === 'zsh'
      ? 'autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n'
      : '';
  return `${preamble}_chaperone() {
  local verb="" word choices="" current="\${COMP_WORDS[COMP_CWORD]}"
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    case "$word" in
      -*) ;;
      *) [ -z "$verb" ] && verb="$word" || { [[ " policy approvals " == *" $verb "* ]] && verb="$verb $word"; } ;;
    esac
  done
  case "$verb" in
${arms.join('')}  esac
  COMPREPLY=( $(compgen -W "$choices" -- "$current") )
  [ "\${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=( $(compgen -f -- "$current") )
}
complete -F _chaperone chaperone
`;
}
