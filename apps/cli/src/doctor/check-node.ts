import type { Finding } from './check.ts';

const LOWEST = 24;

export async function checkNode(version: string = process.versions.node): Promise<Finding> {
  return {
    name: 'Node.js',
    isOk: Number(version.split('.')[0]) >= LOWEST,
    found: version,
    advice: `Parley brings Node.js ${LOWEST} with its packages: run "npm install".`,
  };
}
