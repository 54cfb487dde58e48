import { readFileSync, writeFileSync } from 'node:fs';
import { fillMarkers } from './fill-markers.ts';
import { referenceDocuments } from './reference-sections.ts';

for (const [name, sections] of referenceDocuments()) {
  const file = new URL(`../../${name}`, import.meta.url);
  writeFileSync(file, fillMarkers(readFileSync(file, 'utf8'), sections));
}
