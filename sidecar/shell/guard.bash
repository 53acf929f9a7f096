# The hooks of a guarded bash. Settings (port and secrets) stand in front of this text; see start-up.ts.
#
# What bash does, and this leans on (bash 5.2 manual, "trap" and "The Shopt Builtin", extdebug):
# - The DEBUG trap runs before every simple command, `[[`, `((`, and head of `for`, `case` and `select`, in the
#   shell that is about to run it, with the text in BASH_COMMAND after history and alias expansion.
# - With extdebug a trap that fails skips the command *with status 0*, so `refused && next` would go on. A SIGINT to
#   itself abandons the whole input line instead, and leaves 130.
# - A subshell must end by itself (126), and take those between it and the shell along.
# - Of a pipeline the shell asks for one command after the other, and forks each before it asks for the next. A child takes the
#   terminal by itself, as soon as it gets to run: see settle.
#
# Everything is done by builtins: no process is started for a command that may run. Functions are defined
# before the user's own files are read, so that no alias of theirs is expanded in here.

# The last argument of the call is what `$_` is afterwards: the user's own.
# What `set -x` would show of the hook goes nowhere.
declare -r __chaperone_trap="trap -- '{ __chaperone_debug \"\${@:1:9}\" \"\$_\"; } 2>/dev/null' DEBUG"
__chaperone_decisive= __chaperone_decided= __chaperone_called= __chaperone_depth= __chaperone_prompted= __chaperone_int= __chaperone_seen= __chaperone_status=

# `local -` keeps the user's `set` options, whatever they are.
#
# A function of the user's named `builtin` would come before the builtin, and bash shows no trap the definition of a
# function. So what lets a command run is said by an assignment and a `[[`, which nothing can stand in for.
#
# bash copies the whole body of a function each time that it is called: what is rare stands in functions of its own.
__chaperone_debug() {
  __chaperone_status=$? __chaperone_verdict=
  \builtin local - __chaperone_separators="${IFS-unset}" IFS=" " __chaperone_known= __chaperone_reply= __chaperone_message= \
    __chaperone_context=user __chaperone_new= __chaperone_text="$BASH_COMMAND" __chaperone_number="${__chaperone_counter@P}"
  \builtin set +efux
  # Lost by `PROMPT_COMMAND=…` or `unset PROMPT_COMMAND`: without its mark the prompt's own commands would pass for typed ones.
  if [[ ${PROMPT_COMMAND[0]} != "$__chaperone_prompting" ]]; then __chaperone_mend_prompt; fi
  if [[ $__chaperone_text == "$__chaperone_called" && ${#FUNCNAME[@]} == "$__chaperone_depth" ]]; then __chaperone_enter "${FUNCNAME[1]}"; fi
  case $__chaperone_text in
    # What follows, up to the next input line, is the prompt's own business.
    __chaperone_mark=prompt) if [[ ${#FUNCNAME[@]} == 1 ]]; then __chaperone_prompt; fi ;;
    # These can only strengthen the guard: the prompt's own, see the end.
    'shopt -s extdebug' | 'set -o functrace' | "$__chaperone_trap") __chaperone_verdict=run ;;
  esac
  if [[ $__chaperone_verdict == run ]]; then \builtin return 0; fi
  if [[ -n ${COMP_LINE+set} ]]; then
    __chaperone_context=completion
  elif [[ $__chaperone_number == "$__chaperone_prompted" ]]; then
    __chaperone_context=prompt
  else
    if [[ $__chaperone_number != "$__chaperone_seen" && $BASHPID == "$$" ]]; then __chaperone_bring_line; fi
    if [[ $PATH:$HOME:$KUBECONFIG:$CDPATH:$BASH_ENV:$__chaperone_separators != "$__chaperone_decisive" ]]; then __chaperone_decide; fi
    __chaperone_known=$__chaperone_decided
    if [[ $__chaperone_text == *'$'* || $__chaperone_text == *sh* ]]; then __chaperone_know "$@"; fi
  fi
  # As `ask` does it, for what most commands are.
  if [[ $PWD$__chaperone_text == *[$'\n\x1c']* || -o posix ]] || ((${#PWD} + ${#__chaperone_text} + ${#__chaperone_known} >= 800)); then
    __chaperone_ask judge "$__chaperone_context" "$PWD" "$__chaperone_text"
  else
    {
      \builtin printf '%s\0judge\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0' "$__chaperone_secret" $$ $BASHPID \
        "$__chaperone_number" "$__chaperone_context" "$__chaperone_new" "$PWD" "$__chaperone_text" "$__chaperone_known"
      \builtin read -r -t 3 -N 13 -u 1 __chaperone_reply
      if [[ $__chaperone_reply == "$__chaperone_answer." ]]; then __chaperone_wait 3; fi
    } 1<>"/dev/udp/127.0.0.1/$__chaperone_port"
    if [[ $__chaperone_reply != "$__chaperone_answer+" ]]; then __chaperone_insist judge "$__chaperone_context" "$PWD" "$__chaperone_text"; fi
  fi
  if [[ $__chaperone_reply == "$__chaperone_answer+" ]]; then
    __chaperone_called=$__chaperone_text __chaperone_depth=$((${#FUNCNAME[@]} + 1)) __chaperone_verdict=run
  else
    __chaperone_refuse
  fi
  [[ $__chaperone_verdict == run ]]
}

# A prompt of the user's own that may not be assigned to stays as it is.
__chaperone_mend_prompt() {
  if [[ ${PROMPT_COMMAND@a} != *r* ]]; then PROMPT_COMMAND=("$__chaperone_prompting" "${PROMPT_COMMAND[@]}"); fi
}

# enter FUNCTION: its entry fires the trap once more with the text of its call, which has just been judged.
__chaperone_enter() {
  if [[ $__chaperone_text == "$1" || $__chaperone_text == "$1 "* ]]; then
    __chaperone_called= __chaperone_verdict=run
    \builtin return 0
  fi
  # Not called by that text: a handler (`trap f EXIT`), in which BASH_COMMAND stays what was interrupted. Judged whole.
  __chaperone_text=$(\builtin declare -f "$1")
}

__chaperone_prompt() {
  __chaperone_prompted=$__chaperone_number
  # An interrupt of ours or of the user's leaves 130, or what was there where that says of a signal.
  if ((__chaperone_status >= 128)); then __chaperone_settle; fi
  __chaperone_restore
  __chaperone_verdict=run
}

# The first command of an input line brings the line along, for a pipeline is more than its commands.
__chaperone_bring_line() {
  __chaperone_seen=$__chaperone_number
  if { HISTTIMEFORMAT= \builtin history 1 >|"$__chaperone_line"; } 2>/dev/null; then __chaperone_new=new; fi
}

__chaperone_refuse() {
  case $__chaperone_reply in
    "$__chaperone_answer"[-~]) __chaperone_say "$__chaperone_message" ;;
    *) __chaperone_say 'chaperone: refused, for nobody answers: leave this shell and start a new one' ;;
  esac
  # Of a prompt or a completion only the one command is skipped: giving up would start the same prompt again, for ever.
  if [[ $__chaperone_context == user && $__chaperone_reply != "$__chaperone_answer~" ]]; then __chaperone_abandon; fi
}

# know [$1 … $9 OF THE USER'S, $_] → __chaperone_known: what the command may depend on, see frame.ts.
#
# A child of the shell sees what is exported; a bash among them has the functions as well, and nobody else can tell those.
__chaperone_know() {
  \builtin local __chaperone_rest="$__chaperone_text" __chaperone_name __chaperone_tries=0
  while [[ $__chaperone_rest == *'$'* ]] && ((__chaperone_tries++ < 16)); do
    __chaperone_rest=${__chaperone_rest#*'$'}
    __chaperone_rest=${__chaperone_rest#'{'}
    __chaperone_name=${__chaperone_rest%%[!A-Za-z0-9_]*}
    case $__chaperone_name in
      # What is another thing in here than where the command runs.
      '' | *chaperone* | _ | IFS | BASH* | FUNCNAME | LINENO | *RANDOM | SECONDS | EPOCH* | PIPESTATUS | COMP_* | 0* | [1-9]?*) ;;
      # The last of the hook's own arguments is not the user's.
      [1-9])
        if ((__chaperone_name < $#)); then __chaperone_add - "$__chaperone_name" "${!__chaperone_name}"; else __chaperone_add - "$__chaperone_name" ''; fi
        ;;
      *) __chaperone_tell "$__chaperone_name" ;;
    esac
  done
  if [[ $__chaperone_text != *sh* ]]; then \builtin return 0; fi
  case " $__chaperone_text " in
    *[!A-Za-z0-9_]sh[!A-Za-z0-9_.]* | *[!A-Za-z0-9_]bash[!A-Za-z0-9_.]* | *[!A-Za-z0-9_]rbash[!A-Za-z0-9_.]*)
      __chaperone_add x '' "$(\builtin export -f)"
      ;;
  esac
}

# decide, for know → __chaperone_decided: what every command may depend on, as far as the session was not started with it.
# Whether it is exported may change without its value: taken to be.
__chaperone_decide() {
  \builtin local __chaperone_name __chaperone_usual
  __chaperone_known= __chaperone_decisive=$PATH:$HOME:$KUBECONFIG:$CDPATH:$BASH_ENV:$__chaperone_separators
  for __chaperone_name in PATH HOME KUBECONFIG CDPATH BASH_ENV; do
    __chaperone_usual=__chaperone_usual_$__chaperone_name
    if [[ ${!__chaperone_name} != "${!__chaperone_usual}" ]]; then __chaperone_add x "$__chaperone_name" "${!__chaperone_name}"; fi
  done
  if [[ $__chaperone_separators != $' \t\n' ]]; then __chaperone_add - IFS "$__chaperone_separators"; fi
  __chaperone_decided=$__chaperone_known
}

# tell NAME, for know. A name is one, so that nothing else is evaluated; `${!NAME}` would be something else for a reference.
__chaperone_tell() {
  \builtin local __chaperone_value= __chaperone_attributes=
  \builtin eval "__chaperone_value=\${$1} __chaperone_attributes=\${$1@a}"
  if [[ $__chaperone_attributes == *x* ]]; then __chaperone_add x "$1" "$__chaperone_value"; else __chaperone_add - "$1" "$__chaperone_value"; fi
}

# add KIND NAME VALUE, for know
__chaperone_add() {
  \builtin local __chaperone_value="$3"
  if [[ -n $2 ]] && ((${#__chaperone_value} > 1024)); then \builtin return 0; fi
  case $__chaperone_value in
    *[$'\n\x1c']*)
      __chaperone_value=${__chaperone_value//$'\x1c'/$'\x1c0'}
      __chaperone_value=${__chaperone_value//$'\n'/$'\x1c1'}
      ;;
  esac
  __chaperone_known+="$1$2=$__chaperone_value"$'\x1c2'
}

# ask KIND CONTEXT CWD TEXT → __chaperone_reply, __chaperone_message
# A socket for each question: replies cannot mix, and no command inherits a descriptor. See frame.ts.
__chaperone_ask() {
  \builtin local cwd="$3" text="$4"
  cwd=${cwd//$'\x1c'/$'\x1c0'} text=${text//$'\x1c'/$'\x1c0'}
  cwd=${cwd//$'\n'/$'\x1c1'} text=${text//$'\n'/$'\x1c1'}
  __chaperone_reply=
  # bash writes 4 KB at once, and a character is up to 4 bytes. In its POSIX mode it reads byte by byte: no datagrams.
  if ((${#cwd} + ${#text} + ${#__chaperone_known} < 800)) && [[ ! -o posix ]]; then __chaperone_exchange udp 3 "$1" "$2"; fi
  if [[ $__chaperone_reply != "$__chaperone_answer+" ]]; then __chaperone_insist "$1" "$2" "$cwd" "$text"; fi
}

# insist KIND CONTEXT CWD TEXT, where a datagram brought no yes: asks why not, or asks for the first time.
__chaperone_insist() {
  \builtin local kind="$1" cwd="$3" text="$4"
  if [[ $__chaperone_reply == "$__chaperone_answer"[-~] ]]; then kind=why; fi
  __chaperone_reply=
  __chaperone_exchange tcp 10 "$kind" "$2"
}

# exchange TRANSPORT SECONDS KIND CONTEXT, of cwd and text
__chaperone_exchange() {
  {
    \builtin printf '%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0%s\0' "$__chaperone_secret" "$3" $$ $BASHPID \
      "$__chaperone_number" "$4" "$__chaperone_new" "$cwd" "$text" "$__chaperone_known"
    # The broker's secret and one character: 13, read at once, for bash makes two more system calls for each.
    \builtin read -r -t "$2" -N 13 -u 1 __chaperone_reply
    if [[ $__chaperone_reply == "$__chaperone_answer." ]]; then __chaperone_wait "$2"; fi
    if [[ $1 == tcp && $__chaperone_reply == "$__chaperone_answer"[-~] ]]; then
      IFS= \builtin read -r -t 10 -u 1 __chaperone_message
    fi
  } 1<>"/dev/$1/127.0.0.1/$__chaperone_port"
}

# wait SECONDS: a `.`, each second, says that the answer takes its time.
__chaperone_wait() {
  \builtin local tries=0
  while ((tries++ < 100000)) && \builtin read -r -t "$1" -N 13 -u 1 __chaperone_reply; do
    if [[ $__chaperone_reply != "$__chaperone_answer." ]]; then \builtin break; fi
  done
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
  __chaperone_settle giving-up
  if [[ -z $__chaperone_int ]]; then
    __chaperone_int=$(\builtin trap -p INT)
    \builtin trap - INT
  fi
  \builtin kill -INT $$
}

# What an interrupt leaves of a pipeline that was being built. Each of its processes, once the scheduler lets it,
#
#     setpgid(the pipeline's group) → tcsetpgrp(the same) → the first: read a pipe to its end → let go of all pipes → begin
#
# and the interrupted shell waits for none of that. One that comes later than the prompt takes the terminal away: the shell's
# next read fails with EIO, which bash takes for the end of its input, and exits. And the first one waits for ever: bash closes
# its own end of that pipe when all are forked, and has now lost sight of it.
#
# So a child of bash that holds both ends of a pipe is late, and waited for. One that has only the reading end of a pipe of which
# the shell has both waits in vain, and is killed; what it was there for was given up with the line.
#
# settle [giving-up]: the second, in the hook, also closes the shell's ends.
__chaperone_settle() {
  \builtin local child= children= rest= left=yes tries=0 i=0 lost=
  \builtin local -a ends ours jobs
  { \builtin read -r children <"/proc/$$/task/$$/children"; } 2>/dev/null
  if [[ -z $children ]]; then \builtin return 0; fi
  { \builtin jobs -rp >|"$__chaperone_line" && \builtin mapfile -t jobs <"$__chaperone_line"; } 2>/dev/null
  __chaperone_pipes $$
  ours=("${ends[@]}")
  # 2 s at most: what is so late does not run at all.
  while ((tries++ < 100)); do
    left=
    for child in $children; do
      if [[ /proc/$child/exe -ef /proc/$$/exe ]]; then __chaperone_let_down "$child"; fi
    done
    if [[ -z $left ]]; then \builtin break; fi
    # A pause: nobody is asked, and nobody answers.
    { \builtin read -r -t 0.02 -u 99 rest; } 99<>"/dev/udp/127.0.0.1/$__chaperone_port"
  done
  # Behind `builtin` an exec would not last, and without it a function of the user's might come first.
  if [[ -n $lost && -n $1 ]] && ! \builtin declare -F exec >/dev/null; then \builtin eval "\\exec $lost"; fi
}

# let-down PID, for settle → left, if it has not begun; lost, if it never will
__chaperone_let_down() {
  \builtin local parent group foreground vain=
  __chaperone_pipes "$1"
  for ((i = 0; i < ${#ours[@]}; i += 2)); do
    if [[ /proc/$1/fd/${ours[i]} -ef /proc/$$/fd/${ours[i]} && ! /proc/$1/fd/${ours[i + 1]} -ef /proc/$$/fd/${ours[i]} ]]; then
      vain="${ours[i]}<&- ${ours[i + 1]}<&-"
    fi
  done
  if [[ -z $vain && ${#ends[@]} == 0 ]]; then \builtin return 0; fi
  __chaperone_stat "$1"
  # A job in the background has begun, and may have such pipes from the user.
  if [[ " ${jobs[*]} " == *" $group "* ]]; then \builtin return 0; fi
  left=yes
  if [[ -n $vain ]]; then
    lost=$vain
    \builtin kill -KILL "$1"
  fi
}

# pipes PID, for settle → ends: reading and writing end, by turns, of each pipe of which it has both.
# In proc(5) the second line of fdinfo says, in octal, how it is open: O_RDONLY, O_WRONLY.
__chaperone_pipes() {
  \builtin local descriptor= other= flags=
  \builtin local -a reading writing
  for ((descriptor = 3; descriptor < 64; descriptor++)); do
    if [[ ! -p /proc/$1/fd/$descriptor ]]; then \builtin continue; fi
    { \builtin read -r flags && \builtin read -r flags; } <"/proc/$1/fdinfo/$descriptor"
    case $flags in
      *0) reading+=("$descriptor") ;;
      *1) writing+=("$descriptor") ;;
    esac
  done
  ends=()
  for descriptor in "${reading[@]}"; do
    for other in "${writing[@]}"; do
      if [[ /proc/$1/fd/$descriptor -ef /proc/$1/fd/$other ]]; then ends+=("$descriptor" "$other"); fi
    done
  done
}

__chaperone_restore() {
  if [[ -n $__chaperone_int ]]; then \builtin eval "$__chaperone_int"; fi
  __chaperone_int=
}

readonly -f __chaperone_debug __chaperone_mend_prompt __chaperone_enter __chaperone_prompt __chaperone_bring_line __chaperone_refuse __chaperone_know __chaperone_decide \
  __chaperone_tell __chaperone_add __chaperone_ask __chaperone_insist __chaperone_exchange __chaperone_wait __chaperone_say __chaperone_abandon __chaperone_stat \
  __chaperone_interrupt __chaperone_settle __chaperone_let_down __chaperone_pipes __chaperone_restore

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
