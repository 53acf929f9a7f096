/** A small policy as a team would write it, with something to do instead. More can be put below it. */
export const TEAM = `apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: team }
spec:
  defaults: { commands: allow, api: allow, unknown: ask }
  commands:
    - name: no-push
      match: { program: [git], subcommand: [push], unless: { args: { any: [--dry-run] } } }
      effect: deny
      reason: Pushes go through review.
      instead: git push --dry-run
`;
