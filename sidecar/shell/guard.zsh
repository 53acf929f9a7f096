# The hooks of a guarded zsh. Settings (port and secrets) stand in front of this text; see start-up.ts.
#
# What zsh does, and this leans on (zsh 5.9 manual, zshmisc "Special Functions" and zshoptions DEBUG_BEFORE_CMD):
# - TRAPDEBUG runs before every list, with its whole text in ZSH_DEBUG_CMD: `a && b | c` at once, and a loop or a
#   subshell first as a whole and then, in it, list by list. As a function it is kept in subshells.
# - With ERR_EXIT set by the trap the list is skipped, and a status of 126 from the trap gives up what is around it.
# - A subshell must end by itself, and interrupt the shell.
# - ZSH_EVAL_CONTEXT begins with `toplevel` for what was typed, and without it for prompts, widgets and completions.
#
# Everything is done by builtins: no process is started for a command that may run. Functions are defined
# before the user's own files are read, so that no alias of theirs is expanded in here.

builtin zmodload zsh/system zsh/net/tcp zsh/parameter zsh/zselect
builtin zmodload zsh/net/socket 2>/dev/null
typeset -g __chaperone_zdotdir=$ZDOTDIR
typeset -gi __chaperone_lines=0
typeset -gA __chaperone_routine
typeset -g __chaperone_list= __chaperone_verdict= __chaperone_aliases=

# The body of TRAPDEBUG. Skips the command first and lets it run last: an error on the way leaves it skipped.
# A function of the user's named `builtin` would come before the builtin, so both are said by assignments and `[[`, which
# nothing can stand in for. What `set -x` would show of it goes nowhere.
typeset -gr __chaperone_debug='
  {
    options[errexit]=on
    __chaperone_verdict=
    __chaperone_judge "$ZSH_DEBUG_CMD" "$ZSH_EVAL_CONTEXT" || (( 1 ))
    if [[ $__chaperone_verdict == run ]]; then
      options[errexit]=off
    else
      builtin return 126
    fi
    [[ $__chaperone_verdict == run ]]
  } 2>/dev/null'

# judge TEXT CONTEXT → __chaperone_verdict
__chaperone_judge() {
  builtin emulate -L zsh
  builtin setopt no_xtrace no_err_exit no_err_return unset
  # Called by TRAPDEBUG, called by what is about to run: our own share in the prompt.
  if [[ $funcstack[3] == __chaperone_next_line ]]; then
    __chaperone_verdict=run
    builtin return
  fi
  builtin local text=$1 context=user reply= message= known=
  case $2 in
    toplevel:shfunc) __chaperone_list=$text ;;
    toplevel*) ;;
    *)
      # The same dozens of commands at each prompt and, by the hundred, at each completion: asked once a line.
      context=completion
      if [[ -n ${__chaperone_routine[$text]} ]]; then
        __chaperone_verdict=run
        builtin return
      fi
      ;;
  esac
  __chaperone_verdict=
  if [[ $context == user ]]; then __chaperone_know; fi
  __chaperone_ask judge $context "$text"
  case $reply in
    "$__chaperone_answer+")
      if [[ $context == completion ]]; then __chaperone_routine[$text]=run; fi
      __chaperone_verdict=run
      ;;
    "$__chaperone_answer"[-~]) __chaperone_say "$message" ;;
    *) __chaperone_say 'chaperone: refused, for nobody answers: leave this shell and start a new one' ;;
  esac
  if [[ $__chaperone_verdict != run && $context == user ]]; then __chaperone_abandon "$2"; fi
}

# know → known: what the command may depend on, see frame.ts.
__chaperone_know() {
  if [[ $PATH != "$__chaperone_usual_PATH" ]]; then __chaperone_tell PATH; fi
  if [[ $HOME != "$__chaperone_usual_HOME" ]]; then __chaperone_tell HOME; fi
  if [[ $KUBECONFIG != "$__chaperone_usual_KUBECONFIG" ]]; then __chaperone_tell KUBECONFIG; fi
  if [[ $BASH_ENV != "$__chaperone_usual_BASH_ENV" ]]; then __chaperone_tell BASH_ENV; fi
  builtin local __chaperone_rest=$text __chaperone_name
  builtin local -i __chaperone_tries
  while [[ $__chaperone_rest == *'$'* ]] && (( __chaperone_tries++ < 16 )); do
    __chaperone_rest=${__chaperone_rest#*'$'}
    __chaperone_rest=${__chaperone_rest#'{'}
    __chaperone_name=${__chaperone_rest%%[^A-Za-z0-9_]*}
    case $__chaperone_name in
      # What is another thing in here than where the command runs.
      ('' | [0-9]* | *chaperone* | _ | IFS | text | context | reply | message | known | cwd | fd | number | tries | REPLY | ZSH_* | LINENO | RANDOM | SECONDS | EPOCH* | TTYIDLE | status | signals | argv | ARGC | pipestatus) ;;
      (*) __chaperone_tell $__chaperone_name ;;
    esac
  done
}

# tell NAME, for know. An array is no one value; and what zsh keeps as one word is told only where bash would as well.
__chaperone_tell() {
  builtin local __chaperone_type="${(Pt)1}" __chaperone_value=
  if [[ $__chaperone_type != (|*scalar*) ]]; then builtin return; fi
  __chaperone_value="${(P)1}"
  if [[ $__chaperone_value == *[$' \t\n*?[]~\\'$'\x1c']* ]]; then builtin return; fi
  if (( $#__chaperone_value > 1024 )); then builtin return; fi
  if [[ $__chaperone_type == *export* ]]; then known+=x; else known+=-; fi
  known+="$1=$__chaperone_value"$'\x1c2'
}

# ask KIND CONTEXT TEXT → reply, message
# One connection for one question: replies cannot mix, and no command inherits a descriptor.
__chaperone_ask() {
  builtin local cwd=$PWD text=$3 REPLY __chaperone_unix=
  builtin local -i fd=-1 number tries
  (( number = __chaperone_lines + ${(%):-%h} ))
  cwd=${${${cwd//$'\x1c'/$'\x1c0'}//$'\n'/$'\x1c1'}//$'\0'/?}
  text=${${${text//$'\x1c'/$'\x1c0'}//$'\n'/$'\x1c1'}//$'\0'/?}
  # Where this zsh has no Unix sockets, or ours is gone, over the loopback.
  if [[ -n $__chaperone_path ]] && builtin zsocket "$__chaperone_path"; then
    __chaperone_unix=yes
  else
    builtin ztcp 127.0.0.1 $__chaperone_port || builtin return
  fi
  fd=$REPLY
  {
    builtin printf '%s\0%s\0%s\0%s\0%s\0%s\0\0%s\0%s\0%s\0' "$__chaperone_secret" $1 $$ $sysparams[pid] \
      $number $2 "$cwd" "$text" "$known" >&$fd
    # The broker's secret and one character: 13, read at once. A `.`, each second, says that the answer takes its time.
    while (( tries++ < 100000 )) && builtin sysread -t 10 -i $fd -s 13 reply; do
      if [[ $reply != "$__chaperone_answer." ]]; then builtin break; fi
    done
    if [[ $reply == "$__chaperone_answer"[-~] ]]; then IFS= builtin read -r -t 10 -u $fd message; fi
  } always {
    # After a Ctrl-C, too.
    if [[ -n $__chaperone_unix ]]; then builtin exec {fd}>&-; else builtin ztcp -c $fd; fi
  }
}

# Onto the terminal, wherever the command's own output was to go.
__chaperone_say() {
  if [[ -n $1 ]]; then builtin print -r -- "${1//$'\x1c1'/$'\n'}" >/dev/tty; fi
}

# abandon CONTEXT: gives up the rest of the input line, in this subshell, in those around it, and in the shell itself.
#
# The broker refuses all further commands of the line. What remains is that the line must not end with status 0
# where nothing follows that could be refused:
__chaperone_abandon() {
  builtin local -a stat
  if (( sysparams[pid] == $$ )); then
    # `! eval refused`: a `!` outside turns the status of the trap round, but not that of an interrupt.
    if [[ $1 != toplevel:shfunc && $__chaperone_list == *'! '* ]]; then builtin kill -INT $$; fi
    builtin return
  fi
  # proc(5): state, ppid, pgrp, session, tty_nr, tpgid follow the name.
  __chaperone_stat $sysparams[pid]
  # What runs in the background has no line to give up but its own; a process substitution has the line that waits for it.
  if [[ $stat[3] != $stat[6] ]]; then
    if [[ $1 == *:(in|out)subst:* ]]; then __chaperone_ask abandon user ''; fi
    builtin exit 126
  fi
  __chaperone_ask abandon user ''
  # What stands around it would end with a status of its own: `echo $(refused)` has been judged before, and of
  # `refused | cat` the status is the cat's. So all of it is interrupted, once the cat has had time to be there.
  builtin zselect -t 2
  builtin kill -INT -$stat[3]
  builtin exit 126
}

__chaperone_stat() {
  builtin local line=
  builtin read -r line <"/proc/$1/stat"
  stat=(${=line##*\) })
}

# A new line of input: what was given up is over, routine commands are asked about again, and the hook is there,
# whatever the last line did to it.
__chaperone_next_line() {
  {
    (( __chaperone_lines++ ))
    __chaperone_routine=()
    options[debugbeforecmd]=on
    # No alias of the user's in the trap, not even of an `if`.
    __chaperone_aliases=$options[aliases]
    options[aliases]=off
    functions[TRAPDEBUG]=$__chaperone_debug
    options[aliases]=$__chaperone_aliases
  } 2>/dev/null
}

# The user's own start-up files are read with the user's own ZDOTDIR, the next of ours with ours.
__chaperone_enter() {
  if [[ -n $__chaperone_user_zdotdir ]]; then ZDOTDIR=$__chaperone_user_zdotdir; else builtin unset ZDOTDIR; fi
}
__chaperone_leave() {
  __chaperone_user_zdotdir=$ZDOTDIR
  ZDOTDIR=$__chaperone_zdotdir
}

__chaperone_install() {
  __chaperone_enter
  typeset -ga preexec_functions precmd_functions
  preexec_functions=(__chaperone_next_line $preexec_functions)
  precmd_functions=(__chaperone_next_line $precmd_functions)
  __chaperone_next_line
}
