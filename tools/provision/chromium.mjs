import { canInstallPackages, installPackages } from './apt.mjs';
import { findExecutable } from './find-executable.mjs';
import { ProvisionError } from './provision-error.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const macFolders = [
  '/Applications/Chromium.app/Contents/MacOS',
  '/Applications/Google Chrome.app/Contents/MacOS',
];
const findChromium = () =>
  findExecutable(names) ?? findExecutable(['Chromium', 'Google Chrome'], { folders: macFolders });

const howToGet =
  'Chromium is needed for the browser tests: set CHROMIUM_PATH to one, or install it (Debian: sudo apt-get install chromium; macOS: brew install chromium).';

/**
 * The browser that `CHROMIUM_PATH` names, else an installed one.
 *
 * @param {{ log?: (line: string) => void }} [options]
 * @returns {Promise<{ env: { CHROMIUM_PATH: string }, stop: () => Promise<void> }>}
 * @throws {ProvisionError} whose message says how to get one
 */
export async function provisionChromium({ log = () => undefined } = {}) {
  let path = process.env.CHROMIUM_PATH || findChromium();
  if (!path && canInstallPackages()) {
    await installPackages(['chromium'], log);
    path = findChromium();
  }
  if (!path) throw new ProvisionError(howToGet);
  return { env: { CHROMIUM_PATH: path }, stop: async () => undefined };
}
