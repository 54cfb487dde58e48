import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SERVER_INPUT_QUEUE } from '@parley/shared-models';
import { silentLogger } from '../../conformance/bus-fixture.ts';
import { collectDeliveries, eventually } from '../../conformance/deliveries.ts';
import { envelopeOf } from '../../conformance/envelopes.ts';
import type { MessageBus } from '../message-bus.ts';
import { openEmbeddedBus } from './embedded-bus.ts';

/** A disk of 3 MiB; undefined where this user may not mount one. */
function mountSmallDisk(): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'parley-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    // Without the right there is max_page_count in trouble.test.ts, which SQLite reports in the same way.
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

const probe = mountSmallDisk();
if (probe !== undefined) unmount(probe);

function unmount(folder: string): void {
  execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true });
}

(probe === undefined ? describe.skip : describe)('embedded queue on a disk that fills up', () => {
  let disk: string;
  let bus: MessageBus;
  beforeEach(async () => {
    disk = mountSmallDisk() ?? '';
    const dataDir = path.join(disk, 'data');
    bus = await openEmbeddedBus({ dataDir, logger: silentLogger, publishTimeoutMs: 500, downAfterMs: 50 });
  });
  afterEach(async () => {
    await bus.close();
    unmount(disk);
  });

  it('goes down with the reason, loses nothing that was confirmed, and recovers by itself', async () => {
    const ballast = path.join(disk, 'ballast');
    writeFileSync(ballast, new Uint8Array(1024 * 1024));
    const confirmed: string[] = [];
    let failure: unknown;
    for (let number = 0; failure === undefined; number++) {
      const body = new Uint8Array(50_000);
      await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('', { messageId: `m-${number}`, body })).then(
        () => confirmed.push(`m-${number}`),
        (error: unknown) => {
          failure = error;
        },
      );
    }
    expect(confirmed.length).toBeGreaterThan(0);
    expect(failure).toMatchObject({ code: 'bus_unavailable' });
    await eventually(() => expect(bus.health()).toMatchObject({ state: 'down', reason: expect.any(String) }));

    rmSync(ballast);
    await eventually(() => expect(bus.health()).toEqual({ state: 'up' }));
    await bus.publish(SERVER_INPUT_QUEUE, envelopeOf('', { messageId: 'afterwards' }));
    const received = collectDeliveries();
    await bus.consume(SERVER_INPUT_QUEUE, received.handler, { prefetch: 10 });
    await received.waitFor(confirmed.length + 1);
    expect(received.all.map(({ envelope }) => envelope.messageId)).toEqual([...confirmed, 'afterwards']);
  });
});
