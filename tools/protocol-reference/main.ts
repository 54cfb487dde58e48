import { readFileSync, writeFileSync } from 'node:fs';
import { fillMarkers } from './fill-markers.ts';
import { referenceSections } from './reference-sections.ts';

const file = new URL('../../docs/protocol.md', import.meta.url);
writeFileSync(file, fillMarkers(readFileSync(file, 'utf8'), referenceSections()));
