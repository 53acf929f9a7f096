/** Debian's Chromium, as tests start it: without anything that reaches beyond this machine. */
import { type Browser, chromium } from 'playwright-core';
import { which } from './tool.ts';

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

/** To be asked for only where `needs(t, 'chromium')` said that it is there. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: which('chromium')!, args: FLAGS });
}
