import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  beginStream,
  respondWith,
  type Script,
  type StandInProvider,
  startStandInProvider,
  writeEvent,
  writePiece,
} from './stand-in-provider.ts';

const KEY = 'sk-5up3r/s3cret+key=';
const DIARY = 'dear diary';

/**
 * A process of its own, as in operation: the errors of `fetch` are made by Node itself, and the console output of
 * libraries is seen. Returns the output for each of the questions, asked one after another.
 */
async function askAndLog(settings: Readonly<Record<string, string>>, questions: number): Promise<string[]> {
  const program = `
    import { createLogger, loadConfig } from '@parley/process-kit';
    import { createLanguageModel, LanguageModelConfig } from '@parley/language-model';
    const logger = createLogger('probe', 'trace');
    const model = await createLanguageModel(loadConfig(LanguageModelConfig), {
      retries: 0,
      mistralBaseUrl: process.env.TEST_MISTRAL_BASE_URL,
    });
    for (let question = 0; question < ${questions}; question++) {
      logger.info({ model, label: model.label }, 'asking ' + model.label);
      try {
        const messages = [{ role: 'user', text: ${JSON.stringify(DIARY)} }];
        await model.generateText({ system: ${JSON.stringify(DIARY)}, messages });
      } catch (error) {
        logger.error({ err: error, error }, 'failed: ' + error);
        console.log(error, JSON.stringify(error), error.stack);
      }
      console.log('=====');
    }
  `;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: import.meta.dirname, env: { PATH: process.env.PATH, ...settings } },
  );
  expect(stderr).toBe('');
  return stdout.split('=====\n').slice(0, questions);
}

const failures: Record<string, { script: Script; said: string }> = {
  'an error that quotes the key': {
    script: respondWith(401, {
      object: 'error',
      message: `Incorrect API key: ${KEY} (${encodeURIComponent(KEY)})`,
      type: 'auth',
      param: null,
      code: null,
      error: { message: `Incorrect API key: ${KEY} (${encodeURIComponent(KEY)})` },
    }),
    said: 'refused access (401)',
  },
  'an error page that quotes the request': {
    script: (response, request) => {
      response.writeHead(400, {
        'content-type': 'text/html',
        'x-echo': String(request.headers.authorization),
      });
      response.end(`<pre>${JSON.stringify(request.headers)}${JSON.stringify(request.body)}</pre>`);
    },
    said: 'did not accept the request (400)',
  },
  'a stream that ends in something else': {
    script: (response, request) => {
      beginStream(response);
      writePiece(response, 'Hel');
      writeEvent(response, { wrote: DIARY, as: request.headers.authorization });
      response.end();
    },
    said: 'broke off in the middle',
  },
  'an error inside the stream': {
    script: (response, request) => {
      beginStream(response);
      writeEvent(response, { error: { message: `rejected ${request.headers.authorization}` } });
      response.end();
    },
    said: 'agent_failed',
  },
};

describe('the key of a language model', () => {
  let provider: StandInProvider;

  beforeEach(async () => {
    provider = await startStandInProvider();
  });
  afterEach(() => provider.close());

  it.each(['MISTRAL_API_KEY', 'LLM_API_KEY'])(
    'given as %s stands in no error and no log line, whatever the provider does',
    async (setting) => {
      const cases = Object.entries(failures);
      const [first, ...others] = cases.map(([, { script }]) => script);
      if (first === undefined) throw new Error('no case');
      provider.play(first, ...others);
      const outputs = await askAndLog(
        {
          [setting]: KEY,
          ...(setting === 'LLM_API_KEY'
            ? { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama' }
            : { TEST_MISTRAL_BASE_URL: provider.baseUrl }),
        },
        cases.length,
      );
      expect(provider.requests.map(({ headers }) => headers.authorization)).toEqual(
        cases.map(() => `Bearer ${KEY}`),
      );
      for (const [index, [name, { said }]] of cases.entries()) {
        const output = outputs[index];
        expect({ name, output }).toEqual({ name, output: expect.stringContaining(said) });
        expect({ name, output }).not.toEqual({ name, output: expect.stringContaining('s3cret') });
        expect({ name, output }).not.toEqual({ name, output: expect.stringContaining(DIARY) });
      }
    },
  );

  it('is not quoted when it could not even be sent', async () => {
    const gone = await startStandInProvider();
    await gone.close();
    const settings = { LLM_BASE_URL: gone.baseUrl, LLM_MODEL: 'llama', LLM_API_KEY: KEY };
    const [output] = await askAndLog(settings, 1);
    expect(output).toContain(`llama at ${new URL(gone.baseUrl).host} cannot be reached.`);
    expect(output).toContain('ECONNREFUSED');
    expect(output).not.toContain('s3cret');
  });
});
