import { parseArgs } from 'node:util';
import { runCommandFaults } from './commands/run-command-faults.ts';
import { FaultSettings } from './processes/fault-settings.ts';
import { describeReport } from './report.ts';
import { runFaults } from './run-faults.ts';
import { isClean } from './verdict.ts';

/** `npm run test:faults -- --driver rabbitmq --seed 1 --duration 60`; exits with 1 when a promise was broken. */
const { values } = parseArgs({
  options: {
    driver: { type: 'string', default: 'embedded' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    duration: { type: 'string', default: '60' },
    only: { type: 'string' },
    count: { type: 'string', default: '200' },
    broken: { type: 'string', default: 'none' },
    postgres: { type: 'boolean', default: false },
    settle: { type: 'string', default: '60' },
  },
});
const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
if (values.driver !== 'embedded' && values.driver !== 'rabbitmq')
  throw new Error('--driver embedded or rabbitmq');
if (values.only === 'commands') await commandFaults(values.driver);
else await messageFaults(values.driver);

/** `--only commands --count 200`: agents and the server killed, streams cut, in the middle of commands. */
async function commandFaults(driver: 'embedded' | 'rabbitmq'): Promise<void> {
  const { counts, wrong, faults, outcomes } = await runCommandFaults({
    driver,
    hasPostgres: values.postgres,
    seed: Number(values.seed),
    faults: Number(values.count),
    log: write,
  });
  write(`\nseed ${values.seed}, faults ${JSON.stringify(faults)}`);
  write(`commands ${JSON.stringify(counts)}`);
  for (const [what, count] of Object.entries(outcomes)) write(`  ${count} × ${what}`);
  for (const line of wrong) write(`WRONG: ${line}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
}

async function messageFaults(driver: 'embedded' | 'rabbitmq'): Promise<void> {
  const report = await runFaults({
    driver,
    seed: Number(values.seed),
    durationMs: Number(values.duration) * 1000,
    only: values.only,
    broken: FaultSettings.shape.broken.parse(values.broken),
    hasPostgres: values.postgres,
    settleMs: Number(values.settle) * 1000,
    log: write,
  });
  write(`\n${describeReport(report)}`);
  process.exitCode = isClean(report.verdict) ? 0 : 1;
}
