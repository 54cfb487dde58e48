import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AgentName, asciiWords, slugOf } from '@parley/shared-models';
import { agentTemplate, testTemplate } from './agent-template.ts';

const workspace = path.resolve(import.meta.dirname, '../..');

export interface WrittenAgent {
  /** Relative to where the user stands, as the others. */
  readonly agentFile: string;
  readonly testFile: string;
  /** Only outside the repository, where an editor would not find the types. */
  readonly tsconfigFile: string | undefined;
  /** Begins each command that runs a script of the repository from where the user stands. */
  readonly npm: string;
}

/**
 * Writes an agent and its test into the folder `agents` where the user stands.
 * @throws Error when the name is not valid, or one of the files is there already; then nothing is written
 */
export async function writeAgent(given: string, folder: string): Promise<WrittenAgent> {
  const name = AgentName.safeParse(given);
  if (!name.success)
    throw new Error(`"${given}" is no name for an agent: it has 1 to 64 characters, each of them visible.`);
  // A file that is there already is not written over, so names that come out alike do no harm here.
  const slug = asciiWords(name.data) || slugOf(name.data);
  const [agentFile, testFile] = [path.join('agents', `${slug}.ts`), path.join('agents', `${slug}.test.ts`)];
  const tsconfigFile = path.join('agents', 'tsconfig.json');
  for (const file of [agentFile, testFile]) {
    if (await exists(path.join(folder, file))) {
      throw new Error(`${file} is there already. Choose another name, or remove it.`);
    }
  }
  const write = (file: string, text: string): Promise<void> =>
    writeFile(path.join(folder, file), text, { flag: 'wx' });
  await mkdir(path.join(folder, 'agents'), { recursive: true });
  await write(agentFile, agentTemplate(name.data));
  await write(testFile, testTemplate(name.data, slug));
  const isInside = folder === workspace || folder.startsWith(workspace + path.sep);
  const needsConfig = !isInside && !(await exists(path.join(folder, tsconfigFile)));
  if (needsConfig) await write(tsconfigFile, `${JSON.stringify(tsconfig(), null, 2)}\n`);
  return {
    agentFile,
    testFile,
    tsconfigFile: needsConfig ? tsconfigFile : undefined,
    npm: isInside ? 'npm run' : `npm --prefix ${quoted(workspace)} run`,
  };
}

function tsconfig(): object {
  const at = (file: string): string => path.join(workspace, file);
  return {
    extends: at('tsconfig.base.json'),
    compilerOptions: {
      module: 'preserve',
      moduleResolution: 'bundler',
      typeRoots: [at('node_modules/@types')],
      paths: {
        '@parley/agent-kit': [at('libs/agent-kit/src/index.ts')],
        '@parley/agent-kit/testing': [at('libs/agent-kit/src/testing/index.ts')],
        '@parley/shared-models': [at('libs/shared-models/src/index.ts')],
        zod: [at('node_modules/zod/index.d.ts')],
      },
    },
    include: ['*.ts'],
  };
}

const quoted = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
