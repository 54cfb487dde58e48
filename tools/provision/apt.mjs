import { existsSync } from 'node:fs';
import { findExecutable } from './find-executable.mjs';
import { runCommand } from './run-command.mjs';

/**
 * dpkg starts a package's service right after installing it unless this file forbids it. We only want the
 * programs: our own instances run on other ports, and a service that nobody asked for must not appear.
 */
const policyFile = '/usr/sbin/policy-rc.d';

const script = `
if [ ! -e ${policyFile} ]; then
  trap 'rm -f ${policyFile}' EXIT
  trap 'exit 130' INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' > ${policyFile}
  chmod 755 ${policyFile}
fi
install() { apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" </dev/null; }
install "$@" || { apt-get update -q && install "$@"; }
`;

/** apt-get refuses to run twice at the same time. */
let queue = Promise.resolve();

/** Whether packages can be installed here without asking: as root, on Debian or one of its descendants. */
export function canInstallPackages() {
  return (
    process.getuid?.() === 0 && existsSync('/etc/debian_version') && Boolean(findExecutable(['apt-get']))
  );
}

/**
 * Installs Debian packages without starting the services they bring.
 *
 * @param {string[]} packages
 * @param {(line: string) => void} log
 * @throws {Error} with the last lines of apt-get's output
 */
export async function installPackages(packages, log) {
  const run = queue.then(async () => {
    log(`installing ${packages.join(', ')} with apt-get`);
    const { code, output } = await runCommand('sh', ['-c', script, 'apt', ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (code !== 0) {
      throw new Error(
        `apt-get install ${packages.join(' ')} failed:\n${output.split('\n').slice(-8).join('\n')}`,
      );
    }
  });
  queue = run.catch(() => undefined);
  await run;
}
