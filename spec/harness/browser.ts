/** Debian's chromium, headless and without a network. It shows pages as a reader sees them. */
import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Path of the browser; undefined where there is none. */
export const browser = places.find((place) => existsSync(place));

/** The note of a case that needs the browser where there is none. */
export const noBrowser = 'passed over: there is no chromium here';

export interface Look {
  /** CSS pixels. A chromium window has at least 500. */
  readonly width: number;
  readonly height: number;
  readonly scheme: 'light' | 'dark';
}

/** The page's elements once its scripts have run, as HTML. */
export function dom(file: string, look: Look): Promise<string> {
  return chromium(file, look, '--dump-dom');
}

/** Takes a picture of the page, as PNG. */
export async function screenshot(file: string, look: Look, picture: string): Promise<void> {
  await chromium(file, look, '--hide-scrollbars', `--screenshot=${picture}`);
}

/** Longest time for one page, on a busy machine. */
const timeoutMs = 60_000;

async function chromium(file: string, {width, height, scheme}: Look, ...options: readonly string[]): Promise<string> {
  if (browser === undefined) throw new Error('Cannot open a page: there is no chromium');
  const profile = await mkdtemp(join(tmpdir(), 'source-zoho-browser-'));
  try {
    const {stdout} = await promisify(execFile)(
      browser,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--proxy-server=127.0.0.1:9',
        `--user-data-dir=${profile}`,
        `--blink-settings=preferredColorScheme=${scheme === 'dark' ? 0 : 1}`,
        `--window-size=${width},${height}`,
        ...options,
        `file://${file}`,
      ],
      {timeout: timeoutMs, maxBuffer: 64 << 20},
    );
    return stdout;
  } finally {
    await rm(profile, {recursive: true, force: true, maxRetries: 5, retryDelay: 100});
  }
}
