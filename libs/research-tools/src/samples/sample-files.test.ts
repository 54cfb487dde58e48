import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import { SAMPLES } from '../csv/data-folder.ts';
import { sampleFiles } from './sample-files.ts';

it('makes just the samples that ship, each labelled as invented', async () => {
  for (const [name, text] of sampleFiles()) {
    expect(await readFile(path.join(SAMPLES, name), 'utf8')).toBe(text);
    expect(text).toMatch(/^# Sample data: invented/);
  }
  expect(sampleFiles().size).toBe(5);
});
