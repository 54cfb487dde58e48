import { z } from 'zod';

/** What a process under test does wrong on purpose; given as JSON in `FAULTS`. Exists in the tests only. */
export const FaultSettings = z.object({
  seed: z.number().int().default(1),
  /** Share of publishes that are made a second time, up to half a second later. */
  duplicates: z.number().min(0).max(1).default(0),
  /** Share of deliveries that are handled late, after ones that came later. */
  delays: z.number().min(0).max(1).default(0),
  /** A mechanism to leave out, to see that the suite notices. */
  broken: z
    .enum(['none', 'no-dedupe', 'ack-before-confirm', 'no-outbox', 'batch-early-ack', 'batch-whole'])
    .default('none'),
});
export type FaultSettings = z.infer<typeof FaultSettings>;

/** A message with this text kills the broker that is handed it. */
export const DEADLY_TEXT = 'kill the broker';

export const faultSettings = (): FaultSettings => FaultSettings.parse(JSON.parse(process.env.FAULTS ?? '{}'));
