import { writeAgent } from './write-agent.ts';

/** `npm run new:agent -- Name` */
const name = process.argv.slice(2).join(' ');
if (name === '' || name === '--help') {
  console.error(
    'npm run new:agent -- "Name"\n\nWrites an agent and its test into the folder agents/ where you stand.',
  );
  process.exit(name === '' ? 2 : 0);
}
try {
  const { agentFile, testFile, tsconfigFile, npm } = await writeAgent(
    name,
    process.env.INIT_CWD ?? process.cwd(),
  );
  const files = [agentFile, testFile, ...(tsconfigFile === undefined ? [] : [tsconfigFile])];
  console.log(`Made ${files.join(', ')}.

  test it:                        ${npm} test:agent -- ${testFile}
  run it, while Parley runs:      ${npm} agent -- --file ${agentFile}

It is read again each time you save it. The guide: docs/agents.md`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
