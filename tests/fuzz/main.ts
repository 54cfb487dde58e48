import { parseArgs } from 'node:util';
import { fuzz } from './fuzz.ts';

/** `npm run test:fuzz -- --seed 1 --frames 200000`; exits with 1 when a promise was broken. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    frames: { type: 'string', default: '20000' },
    bodies: { type: 'string', default: '5000' },
    calls: { type: 'string', default: '5000' },
  },
});
const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const { findings, answered, memory, longestStallMs } = await fuzz({
  seed: Number(values.seed),
  frames: Number(values.frames),
  bodies: Number(values.bodies),
  calls: Number(values.calls),
  log: write,
});
const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
write(`seed ${values.seed}: ${answered} messages of another user answered meanwhile`);
write(`memory of the server: ${mebibytes(memory.before)} MiB before, ${mebibytes(memory.after)} MiB after`);
write(`longest stall of the server's event loop: ${longestStallMs.toFixed(0)} ms`);
for (const finding of findings) write(`WRONG: ${finding}`);
process.exitCode = findings.length === 0 ? 0 : 1;
