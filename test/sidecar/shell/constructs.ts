/** Every construct of bash and zsh in which a command can be refused. */

/**
 * Lines that refuse `refused` and would print BAD if any of their rest ran.
 * @param refused a command that the test's policy refuses, itself or by what it does
 */
export function constructs(refused: string): string[] {
  return [
    `${refused} && echo BAD`,
    `${refused} || echo BAD`,
    `${refused}; echo BAD`,
    `! ${refused}; echo BAD`,
    `if ${refused}; then echo BAD; else echo BAD; fi; echo BAD`,
    `while ${refused}; do echo BAD; break; done; echo BAD`,
    `until ${refused}; do echo BAD; break; done; echo BAD`,
    `for i in 1 2; do ${refused}; echo BAD; done; echo BAD`,
    `for ((i = 0; i < 2; i++)); do ${refused}; echo BAD; done; echo BAD`,
    `case x in x) ${refused}; echo BAD;; esac; echo BAD`,
    `echo quiet | ${refused}; echo BAD`,
    `${refused} | cat; echo BAD`,
    `true | ${refused} | cat && echo BAD`,
    `{ ${refused}; echo BAD; }; echo BAD`,
    `{ ${refused}; echo BAD; } | cat; echo BAD`,
    `{ ${refused}; echo BAD; } > /dev/null 2>&1; echo BAD`,
    `(${refused}; echo BAD); echo BAD`,
    `(${refused}) && echo BAD`,
    `(${refused}) || echo BAD`,
    `( (cd /; (${refused}); echo BAD); echo BAD ) || echo BAD`,
    `(trap : INT; (${refused}); echo BAD); echo BAD`,
    `echo "x $(true; ${refused}; echo BAD)" | cat; echo BAD`,
    `x=$(true; ${refused}) || echo BAD`,
    `cat <(${refused}; echo BAD); echo BAD`,
    `f() { ${refused}; echo BAD; }; f; echo BAD`,
    `f() ( ${refused}; echo BAD ); f; echo BAD`,
    `eval "${refused}; echo BAD"; echo BAD`,
    `set -e; ${refused}; echo BAD`,
    `set +e; X=1 ${refused}; echo BAD`,
    `while true; do ${refused}; done; echo BAD`,
    `trap "" INT; while true; do (${refused}); done; echo BAD`,
    `trap - INT; time ${refused}; echo BAD`,
  ];
}
