import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { SAMPLES } from '../csv/data-folder.ts';
import { sampleFiles } from './sample-files.ts';

// Writes the samples anew: node libs/research-tools/src/samples/main.ts
for (const [name, text] of sampleFiles()) {
  const file = path.join(SAMPLES, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}
