import { afterEach } from '@jest/globals';

/** The same function; the fixture that it starts is ended after each test. Call at the top of a file. */
export function endedAfterEach<Args extends unknown[], Fixture>(
  start: (...args: Args) => Promise<Fixture>,
  end: (fixture: Fixture) => Promise<void>,
): (...args: Args) => Promise<Fixture> {
  const started: Fixture[] = [];
  afterEach(async () => {
    for (const fixture of started.splice(0)) await end(fixture);
  });
  return async (...args) => {
    const fixture = await start(...args);
    started.push(fixture);
    return fixture;
  };
}
