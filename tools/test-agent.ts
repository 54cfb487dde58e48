import { spawn } from 'node:child_process';
import path from 'node:path';

/** `npm run test:agent -- agents/my-agent.test.ts`: Node's own test runner, with the kit within reach. */
const hooks = path.resolve(import.meta.dirname, '../apps/agent/src/own-file/register.ts');
const folder = process.env.INIT_CWD ?? process.cwd();
const files = process.argv.slice(2);
if (files.length === 0) {
  console.error('npm run test:agent -- <file> …');
  process.exit(2);
}
const child = spawn(process.execPath, ['--import', hooks, '--test', ...files], {
  cwd: folder,
  stdio: 'inherit',
  // A runner inside a test runner would report to that one instead of to the person.
  env: { ...process.env, NODE_TEST_CONTEXT: undefined },
});
child.once('error', (error) => {
  console.error(error.message);
  process.exitCode = 1;
});
child.once('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
