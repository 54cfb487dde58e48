import fc from 'fast-check';
import { everyRun } from './property-runs.mjs';

if (everyRun !== undefined) fc.configureGlobal({ numRuns: everyRun });
