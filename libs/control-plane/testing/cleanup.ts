import { afterEach } from '@jest/globals';

/** Collects a test's resources; closed in reverse order when the test is over, however it ends. */
export function cleanUpAfterEach(): <T extends { stop(): unknown } | { close(): unknown }>(opened: T) => T {
  const opened: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });
  return (thing) => {
    opened.push(() => ('stop' in thing ? thing.stop() : thing.close()));
    return thing;
  };
}
