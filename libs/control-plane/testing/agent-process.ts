import { once } from 'node:events';
import { argv, stdin, stdout } from 'node:process';
import { joinTestAgent } from './agent-fixture.ts';
import { joinTestBroker } from './broker-fixture.ts';

/**
 * A process of its own for the tests: `agent-process.ts <agent|broker> <url>`. Prints its callbacks, a line each, and
 * obeys the lines written to it: `leave` or `stop`. Ends only when nothing is left open.
 */
const [, , kind, url = ''] = argv;
const joined = kind === 'broker' ? joinTestBroker(url) : joinTestAgent(url);
const print = setInterval(() => {
  for (const line of joined.told.splice(0)) stdout.write(`${line}\n`);
}, 5);
const [wish] = await once(stdin, 'data');
if (String(wish).startsWith('leave')) await joined.membership.leave();
else await joined.membership.stop();
clearInterval(print);
stdin.destroy();
