/**
 * Kubeconfig files, found and put together as kubectl does: what is named first wins, a file that is not there is left
 * out, paths in a file are relative to where it lies.
 * https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/#merging-kubeconfig-files
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { ChaperoneError } from '../../../recorder/errors.ts';
import { isObject } from '../../../recorder/json.ts';
import { reasonOf } from '../../../recorder/store/fault.ts';

type Members = { [member: string]: unknown };

export interface Named {
  name: string;
  /** The `cluster`, `user` or `context` of that name. */
  value: Members;
}

export interface Kubeconfig {
  clusters: Named[];
  users: Named[];
  contexts: Named[];
  /** Empty where no file says. */
  current: string;
}

/**
 * @param file the one file to read; by default what `KUBECONFIG` names, then `~/.kube/config`
 * @throws Error where a file cannot be read, ChaperoneError `NOT_FOUND` where there is none
 */
export function readKubeconfig(file: string | undefined): Kubeconfig {
  if (file !== undefined) return readFile(file);
  const listed = (process.env.KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  const paths = listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
  const [first, ...others] = paths.flatMap(readIfThere);
  if (first === undefined) throw new ChaperoneError('NOT_FOUND', `${paths.join(' and ')}: no such file`);
  return others.reduce(merged, first);
}

function readIfThere(path: string): Kubeconfig[] {
  try {
    return [readFile(path)];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** @throws Error that names the file; with the code of the system */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw Object.assign(new Error(`${path}: ${reasonOf(message)}`, { cause }), { code });
  }
}

function readFile(path: string): Kubeconfig {
  const config = members(parse(readText(path)));
  const there = (value: unknown) =>
    typeof value === 'string' && value !== '' ? resolve(dirname(path), value) : value;
  return {
    clusters: named(config.clusters, 'cluster').map(at(['certificate-authority'], there)),
    users: named(config.users, 'user')
      .map(at(['client-certificate', 'client-key', 'tokenFile'], there))
      .map((user) => withCommand(user, there)),
    contexts: named(config.contexts, 'context'),
    current: String(config['current-context'] ?? ''),
  };
}

function named(list: unknown, member: string): Named[] {
  if (!Array.isArray(list)) return [];
  return list.map((one) => ({ name: String(members(one).name ?? ''), value: members(members(one)[member]) }));
}

function at(paths: readonly string[], there: (path: unknown) => unknown): (one: Named) => Named {
  return ({ name, value }) => ({
    name,
    value: Object.fromEntries(
      Object.entries(value).map(([key, held]) => [key, paths.includes(key) ? there(held) : held]),
    ),
  });
}

/** A plugin without a slash in its name is looked for in the `PATH`. */
function withCommand({ name, value }: Named, there: (path: unknown) => unknown): Named {
  const { command } = members(value.exec);
  if (typeof command !== 'string' || isAbsolute(command) || !command.includes('/')) return { name, value };
  return { name, value: { ...value, exec: { ...members(value.exec), command: there(command) } } };
}

function merged(first: Kubeconfig, then: Kubeconfig): Kubeconfig {
  const both = (a: Named[], b: Named[]) => [
    ...a,
    ...b.filter(({ name }) => !a.some((one) => one.name === name)),
  ];
  return {
    clusters: both(first.clusters, then.clusters),
    users: both(first.users, then.users),
    contexts: both(first.contexts, then.contexts),
    current: first.current || then.current,
  };
}

export function members(value: unknown): Members {
  return isObject(value) ? value : {};
}
