import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

/** What the separate script says about a share. */
export interface PriceFigures {
  readonly days: number;
  readonly first: string;
  readonly last: string;
  readonly return: number;
  readonly volatility: number;
  readonly high: number;
  readonly low: number;
  readonly drawdown: number;
  readonly average: number;
  readonly volume: number;
}

const run = promisify(execFile);
const SCRIPT = path.resolve(import.meta.dirname, 'price-figures.mjs');

/** The figures of a CSV file as the separate script computes them, in a process of its own. */
export async function priceFigures(file: string, from: string, to: string): Promise<PriceFigures> {
  const { stdout } = await run(process.execPath, [SCRIPT, file, from, to]);
  return JSON.parse(stdout) as PriceFigures;
}
