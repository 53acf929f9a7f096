/** Variables by which other code gets into what is started, or other programs come to stand for the names in a line. */

/** What a value of one comes to: a command line that is run, or code that is not seen. */
export type Loaded = 'command' | 'code' | null;

/** Names of variables whose value is a command line: a tool starts it. Sources: the manual pages of the tools. */
const COMMANDS: ReadonlySet<string> = new Set([
  ...[
    'EDITOR',
    'VISUAL',
    'FCEDIT',
    'SUDO_EDITOR',
    'GIT_EDITOR',
    'GIT_SEQUENCE_EDITOR',
    'KUBE_EDITOR',
    'SYSTEMD_EDITOR',
  ],
  ...[
    'PAGER',
    'MANPAGER',
    'GIT_PAGER',
    'BAT_PAGER',
    'AWS_PAGER',
    'SYSTEMD_PAGER',
    'PERLDOC_PAGER',
    'GH_PAGER',
    'PSQL_PAGER',
  ],
  ...[
    'GIT_SSH_COMMAND',
    'GIT_SSH',
    'GIT_ASKPASS',
    'SSH_ASKPASS',
    'SUDO_ASKPASS',
    'GIT_EXTERNAL_DIFF',
    'GIT_PROXY_COMMAND',
  ],
  ...[
    'RSYNC_RSH',
    'CVS_RSH',
    'SVN_SSH',
    'TAR_RSH',
    'LESSOPEN',
    'LESSCLOSE',
    'BROWSER',
    'KUBECTL_EXTERNAL_DIFF',
  ],
  ...[
    'FZF_DEFAULT_COMMAND',
    'FZF_CTRL_T_COMMAND',
    'PSQL_EDITOR',
    'SCREENDIR_COMMAND',
    'CARGO_BUILD_RUSTC_WRAPPER',
  ],
  ...['RUSTC_WRAPPER', 'GIT_PROXY', 'DIFFPROG', 'PYTHONDOCS_PAGER', 'CMAKE_C_COMPILER_LAUNCHER'],
]);

/** Those that name a compiler: a plain name is one. */
const COMPILERS = /^(CC|CXX|CPP|LD|AR|AS|FC|RUSTC|RUSTDOC|CMAKE_CXX_COMPILER_LAUNCHER)$/;

/** Those by which a program loads other code, or other settings that name code. */
const CODE =
  /^(BASH_ENV|ENV|ZDOTDIR|LD_PRELOAD|LD_AUDIT|DYLD_(INSERT_LIBRARIES|LIBRARY_PATH|FRAMEWORK_PATH)|GCONV_PATH|SHELLOPTS|BASHOPTS|PERL5OPT|PERL5DB|RUBYOPT|PYTHONSTARTUP|PYTHONHOME|PYTHONBREAKPOINT|PYTHONINSPECT|LUA_INIT.*|VIMINIT|EXINIT|GVIMINIT|INPUTRC|MAKEFLAGS|MFLAGS|GNUMAKEFLAGS|MAKEFILES|GIT_CONFIG(_.*)?|GIT_EXEC_PATH|GIT_TEMPLATE_DIR|OPENSSL_(CONF|ENGINES|MODULES)|TAR_OPTIONS|_JAVA_OPTIONS|JAVA_TOOL_OPTIONS|JDK_JAVA_OPTIONS|npm_config_(script_shell|node_options|git|shell|editor)|YARN_RC_FILENAME|PROMPT_COMMAND_.*|RIPGREP_CONFIG_PATH|WGETRC|CURL_HOME|PSQLRC|SQLITE_HISTORY_COMMAND|TERMCAP|NLSPATH|MANOPT|BUN_OPTIONS|PHPRC|PHP_INI_SCAN_DIR|GROFF_COMMAND_PREFIX|GLIBC_TUNABLES)$/i;

/** Those that name directories to look for programs or libraries in. */
const SEARCHED = /^(PATH|path|LD_LIBRARY_PATH|fpath|FPATH)$/;

/** Whether the variable names directories in which programs or libraries are looked for. */
export function isSearched(name: string): boolean {
  return SEARCHED.test(name);
}

/** Of Node's options those that load code. */
const NODE_LOADS = /(^|\s)(-r|--require|--import|--loader|--experimental-loader|-e|--eval|--inspect-brk)/;

/** @param value null where it is computed */
export function loadedBy(name: string, value: string | null): Loaded {
  if (COMMANDS.has(name) || /^CARGO_TARGET_\w+_(RUNNER|LINKER)$/.test(name)) return 'command';
  if (COMPILERS.test(name)) return value !== null && /^[\w.+-]+$/.test(value) ? null : 'command';
  if (name === 'LESS') return value === null || value.includes('+') ? 'code' : null;
  if (/^(GOFLAGS|MAVEN_OPTS|GRADLE_OPTS|SBT_OPTS|RUSTFLAGS)$/.test(name))
    return value === null || /-toolexec|-exec|-javaagent|-agentpath|-agentlib|linker=/.test(value)
      ? 'code'
      : null;
  if (name === 'NODE_OPTIONS') return value === null || NODE_LOADS.test(value) ? 'code' : null;
  return CODE.test(name) && value !== '' ? 'code' : null;
}

/**
 * Whether a variable leads to directories that anybody may fill, or that depend on where the line runs. A part that is
 * not known, as the old value in `/opt/bin:$PATH`, is taken to be what it was.
 *
 * @param pattern a glob that covers every value it can have
 * @param usual those that the session came with, as they are written in it
 */
export function misleads(name: string, pattern: string, usual: ReadonlySet<string> = new Set()): boolean {
  if (!SEARCHED.test(name)) return false;
  return pattern
    .split(':')
    .filter((place) => !usual.has(place))
    .some((place) => !/^(\/|\*\*)/.test(place) || /^\/(tmp|var\/tmp|dev\/shm|run\/user)(\/|$)/.test(place));
}
