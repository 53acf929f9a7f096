# The hooks of a guarded bash. Settings (port and secrets) stand in front of this text; see start-up.ts.
#
# What bash does, and this leans on (bash 5.2 manual, "trap" and "The Shopt Builtin", extdebug):
# - The DEBUG trap runs before every simple command, `[[`, `((`, and head of `for`, `case` and `select`, in the
#   shell that is about to run it, with the text in BASH_COMMAND after history and alias expansion.
# - With extdebug a trap that fails skips the command *with status 0*, so `refused && next` would go on. A SIGINT to
#   itself abandons the whole input line instead, and leaves 130.
# - A subshell must end by itself (126), and take those between it and the shell along.
#
# Everything is done by builtins: no process is started for a command that may run. Functions are defined
# before the user's own files are read, so that no alias of theirs is expanded in here.

# The last argument of the call is what `$_` is afterwards: the user's own.
# What `set -x` would show of the hook goes nowhere.
declare -r __chaperone_trap="trap -- '{ __chaperone_debug \"\$_\"; } 2>/dev/null' DEBUG"
__chaperone_called= __chaperone_depth= __chaperone_prompted= __chaperone_int= __chaperone_seen=

# `local -` keeps the user's `set` options, whatever they are.
#
# A function of the user's named `builtin` would come before the builtin, and bash shows no trap the definition of a
# function. So what lets a command run is said by an assignment and a `[[`, which nothing can stand in for.
__chaperone_debug() {
  __chaperone_verdict=
  # Lost by `PROMPT_COMMAND=…` or `unset PROMPT_COMMAND`: without its mark the prompt's own commands would pass for typed ones.
  if [[ ${PROMPT_COMMAND[0]} != "$__chaperone_prompting" && ${PROMPT_COMMAND@a} != *r* ]]; then
    PROMPT_COMMAND=("$__chaperone_prompting" "${PROMPT_COMMAND[@]}")
  fi
  \builtin local - IFS=" " __chaperone_reply= __chaperone_message= __chaperone_context=user __chaperone_text="$BASH_COMMAND"
  \builtin local __chaperone_number="${__chaperone_counter@P}"
  \builtin set +efux
  # A function's entry fires the trap once more with the text of its call, which has just been judged.
  if [[ $__chaperone_text == "$__chaperone_called" && ${#FUNCNAME[@]} == "$__chaperone_depth" ]]; then
    if [[ $__chaperone_text == "${FUNCNAME[1]}" || $__chaperone_text == "${FUNCNAME[1]} "* ]]; then
      __chaperone_called= __chaperone_verdict=run
      \builtin return 0
    fi
    # Not called by that text: a handler (`trap f EXIT`), in which BASH_COMMAND stays what was interrupted. Judged whole.
    __chaperone_text=$(\builtin declare -f "${FUNCNAME[1]}")
  fi
  case $__chaperone_text in
    # What follows, up to the next input line, is the prompt's own business.
    __chaperone_mark=prompt)
      if [[ ${#FUNCNAME[@]} == 1 ]]; then
        __chaperone_prompted=$__chaperone_number
        __chaperone_restore
        __chaperone_verdict=run
        \builtin return 0
      fi
      ;;
    # These can only strengthen the guard: the prompt's own, see the end.
    'shopt -s extdebug' | 'set -o functrace' | "$__chaperone_trap")
      __chaperone_verdict=run
      \builtin return 0
      ;;
  esac
  if [[ -n ${COMP_LINE+set} ]]; then
    __chaperone_context=completion
  elif [[ $__chaperone_number == "$__chaperone_prompted" ]]; then
    __chaperone_context=prompt
  fi
  # The first command of an input line brings the line along, for a pipeline is more than its commands.
  \builtin local __chaperone_new=
  if [[ $__chaperone_context == user && $__chaperone_number != "$__chaperone_seen" && $BASHPID == "$$" ]]; then
    __chaperone_seen=$__chaperone_number
    if { HISTTIMEFORMAT= \builtin history 1 >|"$__chaperone_line"; } 2>/dev/null; then __chaperone_new=new; fi
  fi
  __chaperone_verdict=
  __chaperone_ask judge "$__chaperone_context" "$PWD" "$__chaperone_text"
  case $__chaperone_reply in
    "$__chaperone_answer+")
      __chaperone_called=$__chaperone_text __chaperone_depth=$((${#FUNCNAME[@]} + 1)) __chaperone_verdict=run
      ;;
    "$__chaperone_answer"[-~]) __chaperone_say "$__chaperone_message" ;;
    *) __chaperone_say 'chaperone: refused, for nobody answers: leave this shell and start a new one' ;;
  esac
  # Of a prompt or a completion only the one command is skipped: giving up would start the same prompt again, for ever.
  if [[ $__chaperone_verdict != run && $__chaperone_context == user && $__chaperone_reply != "$__chaperone_answer~" ]]; then
    __chaperone_abandon
  fi
  [[ $__chaperone_verdict == run ]]
}

# ask KIND CONTEXT CWD TEXT → __chaperone_reply, __chaperone_message
# A socket for each question: replies cannot mix, and no command inherits a descriptor. See frame.ts.
__chaperone_ask() {
  \builtin local kind="$1" context="$2" cwd="$3" text="$4"
  case $cwd$text in
    *[$'\n\x1c']*)
      cwd=${cwd//$'\x1c'/$'\x1c0'} text=${text//$'\x1c'/$'\x1c0'}
      cwd=${cwd//$'\n'/$'\x1c1'} text=${text//$'\n'/$'\x1c1'}
      ;;
  esac
  __chaperone_reply=
  # bash writes 4 KB at once, and a character is up to 4 bytes. In its POSIX mode it reads byte by byte: no datagrams.
  if ((${#cwd} + ${#text} < 800)) && [[ ! -o posix ]]; then __chaperone_exchange udp 3; fi
  if [[ $__chaperone_reply != "$__chaperone_answer+" ]]; then
    if [[ $__chaperone_reply == "$__chaperone_answer"[-~] ]]; then kind=why; fi
    __chaperone_reply=
    __chaperone_exchange tcp 10
  fi
}

# exchange TRANSPORT SECONDS, for ask
__chaperone_exchange() {
  \builtin local tries=0
  {
    \builtin printf '%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0' "$__chaperone_secret" "$kind" "$$" "$BASHPID" \
      "$__chaperone_number" "$context" "$__chaperone_new" "$cwd" "$text" >&99
    # The broker's secret and one character: 13, read at once, for bash makes two more system calls for each.
    # A `.`, each second, says that the answer takes its time.
    while ((tries++ < 100000)) && \builtin read -r -t "$2" -N 13 -u 99 __chaperone_reply; do
      if [[ $__chaperone_reply != "$__chaperone_answer." ]]; then \builtin break; fi
    done
    if [[ $1 == tcp && $__chaperone_reply == "$__chaperone_answer"[-~] ]]; then
      IFS= \builtin read -r -t 10 -u 99 __chaperone_message
    fi
  } 99<>"/dev/$1/127.0.0.1/$__chaperone_port"
}

# Onto the terminal, wherever the command's own output was to go.
__chaperone_say() {
  if [[ -n $1 ]]; then
    { \builtin printf '%s\n' "${1//$'\x1c1'/$'\n'}" >/dev/tty; } 2>/dev/null
  fi
}

# Gives up the rest of the input line: in this subshell, in those around it, and in the shell itself.
__chaperone_abandon() {
  if [[ $BASHPID == "$$" ]]; then
    __chaperone_interrupt
    \builtin return 0
  fi
  \builtin local parent group foreground
  __chaperone_stat "$BASHPID"
  # What runs in the background has no line to give up but its own.
  if [[ $group != "$foreground" ]]; then \builtin exit 126; fi
  __chaperone_ask abandon user "$PWD" ''
  while ((parent > 1 && parent != $$)); do
    \builtin kill -INT "$parent"
    __chaperone_stat "$parent"
  done
  if ((parent == $$)); then \builtin kill -INT $$; fi
  \builtin exit 126
}

# stat PID → parent, group, foreground (proc(5): state, ppid, pgrp, session, tty_nr, tpgid follow the name)
__chaperone_stat() {
  \builtin local line= rest
  parent=0 group= foreground=
  { \builtin read -r line <"/proc/$1/stat"; } 2>/dev/null
  \builtin read -r rest parent group rest rest foreground rest <<<"${line##*) }"
}

# A trap of the user's on INT would swallow the interrupt. It is put back at the next prompt.
__chaperone_interrupt() {
  if [[ -z $__chaperone_int ]]; then
    __chaperone_int=$(\builtin trap -p INT)
    \builtin trap - INT
  fi
  \builtin kill -INT $$
}

__chaperone_restore() {
  if [[ -n $__chaperone_int ]]; then \builtin eval "$__chaperone_int"; fi
  __chaperone_int=
}

readonly -f __chaperone_debug __chaperone_ask __chaperone_exchange __chaperone_say __chaperone_abandon __chaperone_stat \
  __chaperone_interrupt __chaperone_restore

# The user's own start-up files: what bash would have read by itself, had it not been given this one.
if [[ -z $__chaperone_login ]]; then
  if [[ -f ~/.bashrc && -r ~/.bashrc ]]; then . ~/.bashrc; fi
else
  if [[ -r /etc/profile ]]; then . /etc/profile; fi
  if [[ -r ~/.bash_profile ]]; then
    . ~/.bash_profile
  elif [[ -r ~/.bash_login ]]; then
    . ~/.bash_login
  elif [[ -r ~/.profile ]]; then
    . ~/.profile
  fi
  trap 'if [[ -r ~/.bash_logout ]]; then . ~/.bash_logout; fi' EXIT
fi

# The hook is there at each prompt, whatever the last line did to it.
declare -r __chaperone_prompting="{ __chaperone_mark=prompt; shopt -s extdebug; set -o functrace; $__chaperone_trap; } 2>/dev/null"
PROMPT_COMMAND=("$__chaperone_prompting" "${PROMPT_COMMAND[@]}")
shopt -s extdebug
set -o functrace
eval "$__chaperone_trap"
