/** Debian's Chromium, as tests start it: without anything that reaches beyond this machine. */
import { type Browser, chromium } from 'playwright-core';
import { temporaryDirectory } from './temporary.ts';
import { needs, which } from './tool.ts';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The first is the same engine without the desktop around it: a window of it opens for a third of the work. */
const PROGRAMS = ['chromium-headless-shell', 'chromium'];

/** True if there is a Chromium; otherwise the test is skipped, or failed under CI=true. */
export function needsChromium(t: Parameters<typeof needs>[0]): boolean {
  return needs(t, ...PROGRAMS);
}

/** To be asked for only where `needsChromium` said that it is there. */
export function launchChromium(): Promise<Browser> {
  // What it shares between its processes stands there, and stays where they end at once.
  const env = { ...process.env, TMPDIR: temporaryDirectory() };
  return chromium.launch({ executablePath: findChromium()!, args: FLAGS, env });
}

/** The absolute path of a Chromium, or null. */
export function findChromium(): string | null {
  return PROGRAMS.map(which).find((path) => path !== null) ?? null;
}
