import { parseArgs } from 'node:util';
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
const report = await runFaults({
  driver: values.driver,
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
