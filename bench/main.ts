import { describeConfig, loadConfig, main } from '@parley/process-kit';
import { idleClients } from './idle-clients/idle-clients.ts';
import { type Figures, type Measurement, type Part, VARIANTS, type Variant } from './part.ts';
import { roundTrip } from './round-trip/round-trip.ts';
import { BenchConfig } from './settings.ts';
import { startUp } from './start-up.ts';
import { streaming } from './streaming/streaming.ts';
import { tableOf } from './table.ts';

interface Chosen {
  /** `<part>, <variant>` */
  readonly name: string;
  readonly variant: Variant;
  readonly measurement: Measurement;
}

/**
 * Measures everything in turn, several rounds of it, and prints one table of the medians. An argument selects the
 * measurements whose name contains it: `embedded`, `streaming`, `round trip, bare`. docs/performance.md explains the rows.
 */
await main(async () => {
  if (process.argv.includes('--help')) {
    console.log(`npm run bench [-- part of a measurement's name]\n${describeConfig(BenchConfig)}`);
    return;
  }
  const config = loadConfig(BenchConfig);
  const parts = [roundTrip(config), streaming(config), idleClients(config), startUp()];
  const chosen = choose(parts, process.argv[2] ?? '');
  const note = checkRabbitMq(config, chosen);

  const rounds: Record<Variant, Figures[]> = { bare: [], RabbitMQ: [], embedded: [] };
  for (let round = 1; round <= config.BENCH_ROUNDS; round++) {
    for (const { name, variant, measurement } of chosen) {
      const figures = await measurement.measure();
      rounds[variant].push(figures);
      const shown = Object.entries(figures).map(([label, value]) => `\n  ${label}: ${value.toFixed(2)}`);
      console.log(`round ${round}: ${name}:${shown.join('')}`);
    }
  }
  console.log(`\n${tableOf(parts, rounds)}${note}`);
});

/** @throws Error when there are none */
function choose(parts: readonly Part[], filter: string): Chosen[] {
  const all = parts.flatMap((part) =>
    VARIANTS.flatMap((variant) => {
      const measurement = part.variants[variant];
      return measurement === undefined ? [] : [{ name: `${part.name}, ${variant}`, variant, measurement }];
    }),
  );
  const chosen = all.filter(({ name }) => name.includes(filter));
  if (chosen.length > 0) return chosen;
  return refuse(
    `No measurement has "${filter}" in its name. There are:\n${all.map(({ name }) => `  ${name}\n`).join('')}`,
  );
}

/** @returns what to say below the table */
function checkRabbitMq(config: BenchConfig, chosen: readonly Chosen[]): string {
  const needing = chosen.filter(({ measurement }) => measurement.needsRabbitMq).map(({ name }) => name);
  if (needing.length === 0) return '';
  const missing = ['AMQP_URL', 'RABBITMQ_MANAGEMENT_URL'].filter((name) => !process.env[name]);
  if (missing.length > 0) {
    refuse(
      `${missing.join(' and ')} must be set for: ${needing.join('; ')}. \`npm run rabbitmq\` starts a RabbitMQ and prints both; ` +
        '`npm run bench embedded` needs neither.',
    );
  }
  if (config.RABBITMQ_PID !== undefined) return '';
  const note = 'The CPU time of RabbitMQ is left out, also of the sums: RABBITMQ_PID is not set.';
  console.log(note);
  return `\n${note}`;
}

/** Ends the benchmark with one clear line. */
function refuse(line: string): never {
  console.error(line);
  process.exit(1);
}
