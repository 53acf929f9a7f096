/** What it means that a command touches a path: of whose credentials it reads, what will run later, what lies outside. */
import type { Capability, Touch } from '../../action.ts';
import { plainPath, quoteGlob } from '../../match/path.ts';
import { compilePath, type PathPattern, touches as touching } from '../../match/path-pattern.ts';
import { YES } from '../../match/tri.ts';

/** Absolute directories, as far as they are known. */
export interface Places {
  home: string | undefined;
  workspace: string | undefined;
}

/** Files in which programs keep passwords, keys and tokens: by the manuals of the programs. */
const CREDENTIALS: readonly string[] = [
  // These anybody's tree may hold: they are asked for first.
  ...['/**/.env', '/**/.env.local', '/**/.env.production', '/**/.env.development'],
  ...['~/.ssh/**', '/root/.ssh/**', '/etc/ssh/ssh_host_*', '~/.gnupg/**'],
  ...[
    '~/.aws/credentials',
    '~/.aws/sso/**',
    '~/.aws/cli/cache/**',
    '~/.azure/**',
    '~/.config/gcloud/**',
    '~/.boto',
  ],
  ...['~/.kube/config', '~/.kube/cache/**', '/etc/kubernetes/*.conf', '/etc/kubernetes/pki/**'],
  ...['/etc/rancher/k3s/k3s.yaml', '/var/lib/kubelet/pki/**', '/var/run/secrets/**', '/run/secrets/**'],
  ...['~/.docker/config.json', '~/.config/containers/auth.json', '/run/containers/*/auth.json'],
  ...['~/.netrc', '~/_netrc', '~/.authinfo', '~/.git-credentials', '~/.config/git/credentials'],
  ...['~/.config/gh/hosts.yml', '~/.config/glab-cli/config.yml', '~/.config/hub'],
  ...[
    '~/.npmrc',
    '~/.yarnrc.yml',
    '~/.pypirc',
    '~/.gem/credentials',
    '~/.cargo/credentials*',
    '~/.m2/settings*.xml',
  ],
  ...[
    '~/.gradle/gradle.properties',
    '~/.composer/auth.json',
    '~/.nuget/NuGet/NuGet.Config',
    '~/.terraform.d/*.json',
  ],
  ...[
    '~/.terraformrc',
    '~/.vault-token',
    '~/.config/op/**',
    '~/.password-store/**',
    '~/.pgpass',
    '~/.my.cnf',
  ],
  ...[
    '~/.mylogin.cnf',
    '~/.local/share/keyrings/**',
    '~/.config/rclone/rclone.conf',
    '~/.config/helm/registry/**',
  ],
  ...['~/.cursor/mcp.json', '~/.config/cursor/auth.json', '/etc/shadow', '/etc/gshadow', '/etc/krb5.keytab'],
  // Who reads these decides on approvals as the person who keeps them.
  ...['~/.config/chaperone/**', '~/.local/state/chaperone/token'],
  '/proc/*/environ',
];

/** Among them what is no secret. */
const PUBLIC: readonly string[] = [
  ...['~/.ssh/*.pub', '~/.ssh/known_hosts*', '~/.ssh/config', '~/.ssh/authorized_keys', '/root/.ssh/*.pub'],
  ...[
    '/etc/ssh/ssh_host_*.pub',
    '~/.gnupg/gpg*.conf',
    '~/.gnupg/pubring.*',
    '~/.config/gcloud/configurations/**',
  ],
  // The namespace and the certificate of the authority stand beside the token.
  ...['/var/run/secrets/kubernetes.io/serviceaccount/namespace'],
  ...['/var/run/secrets/kubernetes.io/serviceaccount/ca.crt'],
];

/** What is run, or decides what is run, at a login, at a start, by a clock, or at the next use of a tool. */
const LASTING: readonly string[] = [
  ...['~/.bashrc', '~/.bash_profile', '~/.bash_login', '~/.bash_logout', '~/.bash_aliases', '~/.profile'],
  ...['~/.zshrc', '~/.zshenv', '~/.zprofile', '~/.zlogin', '~/.zlogout', '~/.kshrc', '~/.config/fish/**'],
  ...[
    '/etc/profile',
    '/etc/profile.d/**',
    '/etc/bash.bashrc',
    '/etc/bashrc',
    '/etc/zsh/**',
    '/etc/environment',
  ],
  ...[
    '~/.pam_environment',
    '/etc/pam.d/**',
    '/etc/security/**',
    '~/.inputrc',
    '~/.xprofile',
    '~/.xinitrc',
    '~/.xsession',
  ],
  ...['~/.ssh/authorized_keys*', '/root/.ssh/authorized_keys*', '~/.ssh/rc', '~/.ssh/config', '/etc/ssh/**'],
  ...['/etc/crontab', '/etc/cron*/**', '/etc/anacrontab', '/var/spool/cron/**', '/var/spool/at/**'],
  ...['/etc/systemd/**', '/lib/systemd/**', '/usr/lib/systemd/**', '/run/systemd/**', '~/.config/systemd/**'],
  ...[
    '/etc/init.d/**',
    '/etc/rc.local',
    '/etc/rc*.d/**',
    '/etc/init/**',
    '/etc/inittab',
    '/etc/udev/rules.d/**',
  ],
  ...['/etc/ld.so.preload', '/etc/ld.so.conf*', '/etc/modules-load.d/**', '/etc/apt/apt.conf.d/**'],
  ...['~/.config/autostart/**', '/etc/xdg/autostart/**', '~/Library/LaunchAgents/**', '/Library/Launch*/**'],
  ...['~/.gitconfig', '~/.config/git/config', '/etc/gitconfig', '/**/.git/hooks/**', '/**/.git/config'],
  ...['~/.vimrc', '~/.vim/**', '~/.config/nvim/**', '~/.emacs*', '~/.tmux.conf', '~/.screenrc', '~/.npmrc'],
  ...['~/.config/pip/pip.conf', '~/.cargo/config*', '~/.cursor/hooks.json', '/etc/cursor/**'],
];

/** Where everybody may write, and nothing is kept. */
const SCRATCH = [
  '/tmp',
  '/var/tmp',
  '/dev/null',
  '/dev/stdout',
  '/dev/stderr',
  '/dev/tty',
  '/dev/fd',
  '/dev/shm',
];

/** Lists of patterns, made ready for one home directory. */
interface Lists {
  home: string | undefined;
  credentials: List;
  public: List;
  lasting: List;
}

interface List {
  patterns: readonly PathPattern[];
  /** The same for a path without a glob in it, in one step. */
  plain: RegExp;
}

/** As a rule there is one home. */
let lists: Lists | null = null;

function listsFor(home: string | undefined): Lists {
  if (lists === null || lists.home !== home)
    lists = {
      home,
      credentials: ready(CREDENTIALS, home),
      public: ready(PUBLIC, home),
      lasting: ready(LASTING, home),
    };
  return lists;
}

function ready(patterns: readonly string[], home: string | undefined): List {
  const known = patterns.flatMap((pattern) => {
    if (!pattern.startsWith('~')) return [pattern];
    return home === undefined ? [] : [quoteGlob(home) + pattern.slice(1)];
  });
  return { patterns: known.map(compilePath), plain: new RegExp(`^(?:${known.map(expression).join('|')})$`) };
}

/** `*` is within a segment, and a segment of `**` is any number of them. */
function expression(pattern: string): string {
  const segments = pattern.split('/').filter((segment) => segment !== '');
  return segments
    .map((segment) => {
      if (segment === '**') return '(?:/[^/]+)*';
      const literals = segment.replace(/\\(.)/g, '$1').split('*');
      return `/${literals.map((literal) => literal.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('[^/]*')}`;
    })
    .join('');
}

function isIn(path: string, place: string): boolean {
  return path.startsWith(place) && (path.length === place.length || path[place.length] === '/');
}

/** Only what is certain: what an expansion decides is for rules on paths to doubt. */
export function consequencesOf(touches: readonly Touch[], places: Places): Capability[] {
  if (touches.length === 0) return [];
  const found: Capability[] = [];
  if (touches.some((touch) => touch.certain && readsCredential(touch, places))) found.push('credential-read');
  if (touches.some((touch) => touch.certain && lasts(touch, places))) found.push('persistence');
  if (touches.some((touch) => leaves(touch, places))) found.push('writes-outside-workspace');
  return found;
}

/** Whether it reads keys, tokens or passwords where they are usually kept. */
export function readsCredential(touch: Touch, { home }: Pick<Places, 'home'>): boolean {
  if (touch.role !== 'reads') return false;
  const { credentials, public: known } = listsFor(home);
  return isOf(touch, credentials, false) && !isOf(touch, known, true);
}

function lasts(touch: Touch, { home }: Places): boolean {
  return touch.role === 'writes' && isOf(touch, listsFor(home).lasting, false);
}

/** @param wholly whatever its glob becomes; otherwise something that it may become, or is below it, is enough */
function isOf(touch: Touch, { patterns, plain }: List, wholly: boolean): boolean {
  const path = touch.recursive ? null : plainPath(touch.path);
  if (path !== null) return plain.test(path);
  return (
    touching({ touches: [touch] }, { role: touch.role, patterns, recursive: false }, undefined, wholly) ===
    YES
  );
}

/** Whether it changes what lies outside. A part that an expansion decides is taken to stay inside where it begins. */
function leaves({ role, path, certain, unnamed }: Touch, { workspace }: Places): boolean {
  if (workspace === undefined || role === 'reads' || !(certain || unnamed)) return false;
  return workspace !== '/' && !isIn(path, workspace) && !SCRATCH.some((place) => isIn(path, place));
}
