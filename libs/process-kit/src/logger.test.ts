import { beforeAll, describe, expect, it } from '@jest/globals';
import { runProgram } from '../testing/test-program.ts';

interface Line {
  readonly msg: string;
  readonly level: string;
  readonly service: string;
  readonly time: string;
  readonly [field: string]: unknown;
}

const PROGRAM = `
  import { createLogger } from '@parley/process-kit';
  const url = 'amqp://guest:pa55word@queue:5672/vhost';
  const logger = createLogger('broker', 'debug');
  logger.info('hello');
  logger.trace('too fine');
  logger.info({ messageId: 'm1' }, 'with fields');
  logger.warn('cannot reach ' + url);
  logger.warn('cannot reach %s', url);
  logger.warn({ url, nested: { list: [url] } }, 'fields');
  logger.error(new Error('no answer from ' + url));
  logger.error({ err: new Error('no answer from ' + url) });
  const cause = Object.assign(new Error('inner ' + url), { address: url });
  const error = new Error('outer', { cause });
  logger.error({ err: error }, 'nested');
  logger.error({ err: new AggregateError([cause], 'all of them') }, 'aggregate');
  logger.info({
    token: 'pa55word', joinToken: 'pa55word', apiKey: 'pa55word', password: 'pa55 "word" \\\\ pa55word',
    settings: { MISTRAL_API_KEY: 'pa55word', AUTH_SECRET: 'pa55word', deeper: { still: { JOIN_TOKEN: 'pa55word' } } },
    headers: { authorization: 'Bearer pa55word', cookie: ['a=pa55word'], 'x-api-key': 'pa55word' },
    tokens: 12, routingKey: 'broker_input_queue',
  }, 'secrets');
  logger.child({ agentId: 'echo', secret: 'pa55word' }).info('from a child');
`;

describe('the logger', () => {
  let output: string;
  let lines: Line[];
  const lineOf = (message: string): Line | undefined => lines.find(({ msg }) => msg === message);

  beforeAll(async () => {
    const { stdout, stderr, code } = await runProgram(PROGRAM).ended;
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    output = stdout;
    lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  });

  it('writes a JSON line with the time, the level by name and the process', () => {
    const line = lineOf('hello');
    expect(line).toEqual({ level: 'info', service: 'broker', msg: 'hello', time: expect.any(String) });
    expect(line?.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(lineOf('with fields')).toMatchObject({ messageId: 'm1' });
  });

  it('leaves out lines below its level', () => {
    expect(output).not.toContain('too fine');
  });

  it('shows no password inside a URL, wherever it stands', () => {
    expect(lines.filter(({ msg }) => msg === 'cannot reach amqp://***@queue:5672/vhost')).toHaveLength(2);
    expect(lineOf('fields')).toMatchObject({
      url: 'amqp://***@queue:5672/vhost',
      nested: { list: ['amqp://***@queue:5672/vhost'] },
    });
    expect(output).not.toContain('guest');
  });

  it('shows an error with its message, stack and causes, without their passwords', () => {
    expect(lines.filter(({ msg }) => msg === 'no answer from amqp://***@queue:5672/vhost')).toHaveLength(2);
    expect(lineOf('nested')?.err).toMatchObject({
      type: 'Error',
      message: 'outer: inner amqp://***@queue:5672/vhost',
      stack: expect.stringContaining('caused by: Error: inner amqp://***@queue:5672/vhost'),
    });
    expect(JSON.stringify(lineOf('aggregate'))).toContain('inner amqp://***@queue:5672/vhost');
  });

  it('shows no field that holds a secret by its name, at any depth', () => {
    expect(lineOf('secrets')).toMatchObject({
      token: '***',
      joinToken: '***',
      apiKey: '***',
      password: '***',
      settings: { MISTRAL_API_KEY: '***', AUTH_SECRET: '***', deeper: { still: { JOIN_TOKEN: '***' } } },
      headers: { authorization: '***', cookie: '***', 'x-api-key': '***' },
      tokens: 12,
      routingKey: 'broker_input_queue',
    });
    expect(lineOf('from a child')).toMatchObject({ agentId: 'echo', secret: '***' });
    expect(output).not.toContain('pa55');
  });
});

it('writes lines for people, errors with their stack and nothing else of the fields', async () => {
  const { stdout } = await runProgram(`
    import { createLogger } from '@parley/process-kit';
    const logger = createLogger('broker', 'info', true);
    logger.info({ messageId: 'm1' }, 'hello');
    logger.error({ err: new Error('no answer from amqp://guest:pa55word@queue') }, 'failed');
    process.exit();
  `).ended;
  const [hello, failed, ...error] = stdout.split('\n');
  expect(hello).toMatch(/^\[.*\] INFO: broker: hello$/);
  expect(failed).toMatch(/^\[.*\] ERROR: broker: failed$/);
  expect(error.join('\n')).toMatch(/err: .*no answer from amqp:\/\/\*\*\*@queue.*stack.* at /s);
  expect(stdout).not.toContain('pa55word');
});

describe('text of others', () => {
  const logged = async (isReadable: boolean): Promise<string> => {
    const { stdout, code } = await runProgram(`
      import { createLogger } from '@parley/process-kit';
      const logger = createLogger('broker', 'info', ${isReadable});
      const name = 'a\\u001b]52;c;eA==\\u0007b\\u009b1Ac\\u202ed\\r\\u0000 C:\\\\u001b';
      logger.info('hello ' + name);
      logger.error({ err: new Error('one\\ntwo ' + name) }, 'failed');
    `).ended;
    expect(code).toBe(0);
    return stdout;
  };
  const ACTING = /[[\p{Cc}--[\t\n]]\u{202e}]/v;
  const shown = 'a\\u001b]52;c;eA==\\u0007b\\u009b1Ac\\u202ed\\r\\u0000 C:\\u001b';

  it('does not act on the terminal that shows a line', async () => {
    const output = await logged(true);
    expect(output).not.toMatch(ACTING);
    expect(output).toContain(`hello ${shown}`);
    expect(output).toContain(`two ${shown}`);
  });

  it('is kept to the letter in lines of JSON, and does not act either', async () => {
    const output = await logged(false);
    expect(output).not.toMatch(ACTING);
    expect((JSON.parse(output.split('\n')[0] ?? '') as { msg: string }).msg).toBe(
      'hello a\u001b]52;c;eA==\u0007b\u009b1Ac\u202ed\r\u0000 C:\\u001b',
    );
  });
});
