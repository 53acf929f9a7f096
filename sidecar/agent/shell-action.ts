/** From what the launcher asks to what the gate decides about. Pure but for what the analysis is given to look at. */
import { posix } from 'node:path';
import type { CommandAction, Unknown } from '../action.ts';
import { analyse, analyseArgv, type Context } from '../command/analyse.ts';
import type { FileView } from '../command/files/file-view.ts';
import { LIMITS } from '../command/limits.ts';
import { union } from '../kube/remote/script/reading.ts';
import { environmentOf } from '../shell/environment.ts';
import type { Asked } from './reading.ts';
import { ToldScript } from './told-script.ts';

export interface Surroundings {
  home: string | null;
  workspace: (cwd: string) => string | undefined;
  /** What can be seen of the file system that the shell will run in; null for nothing. */
  files: () => FileView | null;
}

/** Where the commands come later, one by one, it is what starts the shell that reads them. */
export function actionOf(asked: Asked, around: Surroundings): CommandAction {
  const { argv, source } = asked;
  const context = contextOf(asked, around);
  switch (source.from) {
    case 'wrapper':
      return analyse(commandText(source.wrapped.command), context);
    case 'words':
    case 'nothing':
      return analyseArgv(argv, context);
    case 'file':
      return analyseArgv(argv, withScript(context, source));
    case 'input':
      return ofInput(argv, source.text, context);
    case 'pipe':
      return analyseArgv(argv, { ...context, input: 'judged' });
    case 'person': {
      const action = analyseArgv(argv, { ...context, input: 'judged' });
      return unwatched(action, asked.program);
    }
  }
}

/** What its commands know when they begin. */
export function contextOf(asked: Asked, { home: usual, workspace, files }: Surroundings): Context {
  const { cwd, environment, functions, silent, source } = asked;
  const line = source.from === 'wrapper' ? source.wrapped.command : asked.argv.join(' ');
  const home = environment.HOME?.startsWith('/') ? environment.HOME : usual;
  const view = files();
  const more = environment.BASH_ENV ? { BASH_ENV: environment.BASH_ENV } : {};
  return {
    ...{ cwd, workspace: cwd === '' ? undefined : workspace(cwd) },
    ...(home !== null && { home }),
    environment: { ...environmentOf(line, environment), ...more },
    ...(functions !== '' && { functions }),
    ...(silent && { input: 'empty' }),
    ...(view !== null && { files: view }),
  };
}

/** As bytes stand in the argv: what is recognised there is read byte by byte. */
function commandText(binary: string): string {
  const bytes = Buffer.from(binary, 'latin1');
  const text = bytes.toString('utf8');
  return text.includes('\uFFFD') ? binary : text;
}

function withScript(context: Context, { path, text }: { path: string; text: string | null }): Context {
  if (text === null || path === '' || context.cwd === '') return context;
  return { ...context, files: new ToldScript(context.files ?? null, posix.resolve(context.cwd, path), text) };
}

/** The commands of its script, beside what is said where it is started. */
function ofInput(argv: readonly string[], text: string | null, context: Context): CommandAction {
  const start = analyseArgv(argv, { ...context, ...(text !== null && { input: 'judged' as const }) });
  if (text === null) return start;
  const line = text.length <= LIMITS.source ? text : `${text.slice(0, LIMITS.source)}…`;
  return { ...union(analyse(text, context), [start], []), line };
}

function unwatched(action: CommandAction, program: string): CommandAction {
  const message = `${program} is not watched here: its commands cannot be judged one by one`;
  const unknown: Unknown = { code: 'no-hooks', message, text: action.line };
  return { ...action, unknown: [...action.unknown, unknown] };
}
