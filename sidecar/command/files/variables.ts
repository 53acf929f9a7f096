/** Variables that name a file which what is started writes. Sources: the manual pages of the tools. */
import type { Assigned, Touch } from '../../action.ts';
import type { Scope } from '../scope.ts';
import { literalWord } from '../words/fields.ts';
import { touch, unnamedBelow } from './touch.ts';

/** https://git-scm.com/docs/git#_other, https://git-scm.com/docs/api-trace2, and those in which others keep logs and histories. */
const FILES =
  /^(GIT_(TRACE2?|CURL)(_\w+)?|GIT_INDEX_FILE|LESSHISTFILE|HISTFILE|(PYTHON|SQLITE|NODE_REPL|PSQL|LUA|IRB)_?HISTORY|(MYSQL|RLWRAP|REDISCLI|MONGO)_HISTFILE|SSLKEYLOGFILE|LLVM_PROFILE_FILE|COVERAGE_FILE|LD_DEBUG_OUTPUT|MALLOC_TRACE|CCACHE_LOGFILE|PIP_LOG|SCREENLOG|WATCHMAN_LOG|ANSIBLE_LOG_PATH|TF_LOG_PATH|KRB5_TRACE|NSS_SSL_CBC_RANDOM_IV|MESA_LOG_FILE|G_SLICE_TRACE)$/;
const DIRECTORIES =
  /^(PYTHONPYCACHEPREFIX|NODE_V8_COVERAGE|NODE_COMPILE_CACHE|GCOV_PREFIX|GOCOVERDIR|GLOG_log_dir|GIT_WORK_TREE|GIT_OBJECT_DIRECTORY|LD_PROFILE_OUTPUT|npm_config_(cache|prefix)|CARGO_TARGET_DIR|PIP_TARGET|PIP_PREFIX|PYTHONUSERBASE|GOBIN|GEM_HOME)$/;

export function touchedByVariables(assigned: readonly Assigned[], scope: Scope): Touch[] {
  return assigned.flatMap(({ name, value }) => {
    const file = FILES.test(name);
    if (!file && !DIRECTORIES.test(name)) return [];
    // A number is a descriptor, or says that it is on; what is computed is for a variable of that name as a rule a file.
    if (value === null || /^(\d*|true|false|-)$/i.test(value)) return [];
    const word = literalWord(value);
    return [file ? touch('writes', word, scope) : unnamedBelow(word, scope)];
  });
}
