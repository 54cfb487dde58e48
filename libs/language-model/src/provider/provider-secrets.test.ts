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
 * A process of its own, as in operation: the errors of `fetch` are made by Node itself, and what a library prints
 * to the console is seen.
 */
async function askAndLog(settings: Readonly<Record<string, string>>): Promise<string> {
  const program = `
    import { createLogger, loadConfig } from '@parley/process-kit';
    import { createLanguageModel, LanguageModelConfig } from '@parley/language-model';
    const logger = createLogger('probe', 'trace');
    const model = createLanguageModel(loadConfig(LanguageModelConfig), {
      retries: 0,
      mistralBaseUrl: process.env.TEST_MISTRAL_BASE_URL,
    });
    logger.info({ model, label: model.label }, 'asking ' + model.label);
    try {
      await model.generateText({ system: ${JSON.stringify(DIARY)}, messages: [{ role: 'user', text: ${JSON.stringify(DIARY)} }] });
    } catch (error) {
      logger.error({ err: error, error }, 'failed: ' + error);
      console.error(error, JSON.stringify(error), error.stack);
    }
  `;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { cwd: import.meta.dirname, env: { PATH: process.env.PATH, ...settings } },
  );
  return `${stdout}\n${stderr}`;
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
      writeEvent(response, { your: request.headers.authorization, wrote: DIARY });
      response.end();
    },
    said: 'sent something that is no answer',
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

  describe.each(Object.entries(failures))('after %s', (_name, { script, said }) => {
    it.each(['MISTRAL_API_KEY', 'LLM_API_KEY'])(
      'given as %s stands in no error and no log line',
      async (setting) => {
        provider.play(script);
        const output = await askAndLog({
          [setting]: KEY,
          ...(setting === 'LLM_API_KEY'
            ? { LLM_BASE_URL: provider.baseUrl, LLM_MODEL: 'llama' }
            : { TEST_MISTRAL_BASE_URL: provider.baseUrl }),
        });
        expect(provider.requests[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
        expect(output).toContain(said);
        expect(output).not.toContain('s3cret');
        expect(output).not.toContain(DIARY);
      },
    );
  });

  it('is not quoted when it could not even be sent', async () => {
    const gone = await startStandInProvider();
    await gone.close();
    const output = await askAndLog({ LLM_BASE_URL: gone.baseUrl, LLM_MODEL: 'llama', LLM_API_KEY: KEY });
    expect(output).toContain(`${new URL(gone.baseUrl).host} cannot be reached.`);
    expect(output).toContain('ECONNREFUSED');
    expect(output).not.toContain('s3cret');
  });
});
