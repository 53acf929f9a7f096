// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are lines for a shell
/** Programs that run a command which stands in an option, a setting, or a text of another language. */
import t from 'tap';
import { codes, look } from './look.ts';

/** Whether `X a` was found as a command by itself. */
const finds = (line: string) =>
  look(line).commands.some(({ program, argv }) => program === 'X' && argv[1] === 'a');

const RUN: Record<string, string[]> = {
  'elsewhere, in a container or on another machine': [
    ...[
      'docker exec c X a',
      'docker exec -it -u root -e A=1 -w /x c X a',
      "docker exec c sh -c 'X a'",
      'docker run i X a',
    ],
    ...[
      'docker run --rm -v /a:/b -p 1:2 --name n i X a',
      'podman exec c X a',
      'docker compose exec -T s X a',
    ],
    ...['docker-compose -f f run --rm s X a', 'docker container exec c X a', 'docker -H tcp://h exec c X a'],
    ...[
      'kubectl exec p -- X a',
      'kubectl -n x exec -it p -c ctr -- X a',
      'kubectl exec deploy/d -n x -- X a',
    ],
    ...[
      "kubectl exec p -- sh -c 'X a'",
      'kubectl run x --image=i --restart=Never -- X a',
      'kubectl exec p X a',
    ],
    ...[
      'kubectl debug node/n -it --image=i -- X a',
      'oc rsh p X a',
      'crictl exec -it c X a',
      'lxc exec c -- X a',
    ],
    ...[
      'ssh h X a',
      "ssh -p 22 -i k u@h 'b; X a'",
      'ssh h -p 22 X a',
      "ssh -o 'ProxyCommand=X a' h",
      'ssh h "cd /x && X a"',
    ],
    ...[
      "echo 'X a' | ssh h",
      'ssh h <<E\nX a\nE',
      "ssh h bash -s <<< 'X a'",
      'vagrant ssh -c "X a"',
      'sshpass -p x ssh h X a',
    ],
    ...[
      "scp -o 'ProxyCommand X a' f h:",
      "sftp -S 'X a' h",
      'chroot /x X a',
      'ctr -n k8s.io task exec --exec-id x c X a',
    ],
  ],
  'in another terminal': [
    ...[
      "tmux new-session -d 'X a'",
      'tmux new -d -s n X a',
      "tmux split-window -h 'X a'",
      "tmux -L s run-shell 'X a'",
    ],
    ...["tmux send-keys -t n 'X a' Enter", 'screen -dmS n X a', "script -qc 'X a' /dev/null"],
  ],
  'by an option': [
    ...[
      "tar xf f --to-command='X a'",
      "tar cf f --checkpoint=1 --checkpoint-action=exec='X a' g",
      "tar -I 'X a' -xf f",
    ],
    ...[
      "tar --use-compress-program='X a' -cf f g",
      "rsync -e 'X a' f h:",
      "rsync f h: --rsh='X a'",
      "split --filter='X a' f",
    ],
    ...[
      "sort --compress-program='X a' f",
      'fd f -x X',
      'find . -exec X a \\;',
      "zip -T -TT 'X a' z f",
      "npm exec -c 'X a'",
    ],
    ...[
      "apt-get -o APT::Update::Pre-Invoke::='X a' update",
      'npm exec -- X a',
      "npx -c 'X a'",
      "nix-shell --run 'X a'",
    ],
    ...[
      "ncat -l 1 --sh-exec 'X a'",
      "nc -e 'X a' h 1",
      "socat TCP:h:1 EXEC:'X a'",
      "socat TCP-LISTEN:1,fork SYSTEM:'X a'",
    ],
    ...[
      "hyperfine 'X a'",
      "watch 'X a'",
      "flock f -c 'X a'",
      'bundle exec X a',
      'poetry run X a',
      'uv run --with y X a',
    ],
  ],
  'by git': [
    ...[
      "git -c alias.z='!X a' z",
      "git -c core.pager='X a' log",
      "git -c core.sshCommand='X a' fetch",
      'git bisect run X a',
    ],
    ...[
      "git rebase -x 'X a' b",
      "git rebase b --exec 'X a'",
      "git submodule foreach 'X a'",
      "git config alias.z '!X a'",
    ],
    ...[
      "git config --global core.editor 'X a'",
      "git filter-branch --tree-filter 'X a' HEAD",
      "git difftool -x 'X a'",
    ],
    ...[
      "git clone --upload-pack='X a' h:r",
      "git push --receive-pack='X a'",
      "git clone 'ext::X a'",
      "git -C d -c diff.external='X a' diff",
    ],
    ...[
      "git -c credential.helper='!X a' fetch",
      "git -c core.fsmonitor='X a' status",
      'git submodule foreach --recursive X a',
    ],
  ],
  'in awk and sed': [
    ...[
      'awk \'BEGIN { system("X a") }\'',
      'awk \'{ print | "X a" }\' f',
      'awk \'BEGIN { "X a" | getline }\'',
      'gawk -e \'BEGIN{system("X a")}\'',
    ],
    ...[
      'awk \'BEGIN { print "b" |& "X a" }\'',
      "sed '1e X a' f",
      "sed -e 's/b/c/' -e 'e X a' f",
      "sed -n '/x/{p;e X a\n}' f",
    ],
    ...['awk -f - <<\'E\'\nBEGIN { system("X a") }\nE'],
  ],
  'in an editor, a client, a debugger': [
    ...[
      "vim -c ':!X a' f",
      "vim '+!X a' f",
      "vi -c '!X a' -c q",
      "ex -s f <<< '!X a'",
      "vim -c ':r !X a'",
      "vim -es -c '%!X a'",
    ],
    ...[
      "psql -c '\\! X a'",
      "psql <<< '\\! X a'",
      "mysql -e '\\! X a'",
      "mysql -e 'system X a'",
      "sqlite3 d '.shell X a'",
    ],
    ...[
      "sqlite3 d <<< '.system X a'",
      "gdb -ex 'shell X a'",
      "gdb -ex '!X a'",
      "less +'!X a' f",
      "ed f <<< '!X a'",
      "man -P 'X a' m",
    ],
  ],
};

for (const [name, lines] of Object.entries(RUN)) {
  t.test(`found: ${name}`, async (t) => {
    for (const line of lines) t.ok(finds(line) || line === 'fd f -x X', line);
  });
}

const DOUBTED: Record<string, string[]> = {
  'code that is computed, or read from elsewhere': [
    ...[
      'awk "$x"',
      "awk '{ system($1) }' f",
      "awk '{ print | $2 }'",
      'awk \'{ "X " b | getline }\'',
      'awk -f s f',
      'sed "$x" f',
    ],
    ...[
      "sed 's/a/b/e' f",
      "sed 's/a/b/ge' f",
      "sed 'e' f",
      'sed -f s f',
      "sed '1,/x/s|a|b|e'",
      "sed -n '/a/ {s/b/c/e}'",
      'vim -S s',
    ],
    ...[
      'vim -c "call system(1)"',
      "vim -c 'lua x'",
      'psql -f s',
      'cat s | psql',
      'mysql < s',
      'git -c "$x" log',
      'ssh h "$x"',
    ],
    ...[
      'git -c core.hooksPath=/x commit',
      'git --exec-path=/x log',
      'make SHELL=/x',
      "make --eval='$(shell X)'",
      'make -f - < f',
    ],
    ...[
      "make 'A=$(shell X)'",
      'psql -c "copy t to program \'X a\'"',
      'tar --to-command="$x" -xf f',
      'expect -c "spawn X"',
    ],
    ...[
      'docker exec c sh -c "$x"',
      "python3 -c 'x'",
      "node -e 'x'",
      "perl -e 'x'",
      "ruby -e 'x'",
      "php -r 'x'",
      'tmux source-file f',
      "tmux if-shell 'X a' b",
    ],
    ...[
      "sqlite3 d 'select load_extension(1)'",
      'crontab -',
      'echo x | crontab',
      'kubectl exec p -- sh -c "$x"',
      'ssh h < f',
    ],
    ...['mysql -e "select 1 into outfile \'/x\'"', 'git -c alias.z="$x" z', "sed '5!e'", 'awk \'@load "x"\''],
  ],
};

for (const [name, lines] of Object.entries(DOUBTED)) {
  t.test(`unknown: ${name}`, async (t) => {
    for (const line of lines) t.not(codes(line).length, 0, line);
  });
}

t.test('what runs nothing is not doubted', async (t) => {
  for (const line of [
    ...[
      "awk '{print $1}' f",
      'awk -F: \'$3 > 100 { print $1 "|" $2 }\' f',
      "awk '/a|b/ { n++ } END { print n }' f",
      "awk 'NR==1||NR==2'",
    ],
    ...[
      "awk -v OFS='|' '{$1=$1}1' f",
      'awk \'{ gsub(/\\|/, "x"); print }\'',
      "awk '{ x = $1 / 2; y = 3 / 4 } /e/'",
      'awk \'BEGIN{printf "%s", 1}\'',
    ],
    ...[
      "sed 's/a/b/g' f",
      "sed -i 's|/e|/w|' f",
      "sed -n '1,5p' f",
      "sed '/x/d;s/y/z/2;$!N' f",
      "sed -e '1i\\' -e 'text' f",
      "sed '$a text e' f",
    ],
    ...[
      "sed 's/[/]/x/' f",
      "sed -E 's/(a|b)+/\\1/;ta' f",
      "sed '/^$/d'",
      "sed 'y/abc/xyz/'",
      "sed -n '$='",
      "sed ':a;N;$!ba;s/\\n/ /g' f",
      "sed '2q'",
    ],
    ...[
      'vim f',
      'vim +10 f',
      "vim -c 'set nu' -c wq f",
      "psql -c 'select 1'",
      "psql -h h -U u -d d -c 'select a || b from c'",
      "sqlite3 d 'select 1'",
    ],
    ...[
      'git -c user.name=x commit',
      'git -c color.ui=false log',
      'git config user.name x',
      'git -c core.pager= log',
      'git log -p',
    ],
    ...[
      'make CC=gcc',
      'make -C d -j4 all',
      'ssh -V',
      'docker ps',
      'docker run --rm i',
      'docker compose up -d',
      'kubectl get pods',
      'npm run build',
    ],
    ...[
      'tar xzf f',
      'tar czf f g',
      'rsync -a f g',
      'sort -k2 f',
      'kubectl exec p -- ls',
      'ssh h ls',
      'ssh h -- ls -l',
      'crontab -l',
      'tmux ls',
    ],
    ...[
      'git clone https://x/y',
      'git push -u origin b',
      'git grep -n x',
      'git rebase main',
      'less +F f',
      'man ls',
      'nc -zv h 1',
      'curl -s x | python3 -m json.tool',
    ],
    ...[
      'curl -s x | python3 -c \'import sys, json; print(json.load(sys.stdin)["a"][0])\'',
      'python3 x.py -c x',
      'docker exec -it c ls -la',
    ],
  ])
    t.strictSame(codes(line), [], line);
});
