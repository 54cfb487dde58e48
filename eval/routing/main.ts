import type { AgentStatus } from '@parley/shared-models';
import { measureCost } from './cost.ts';
import { accuracyOf, confusionOf, evaluateIntents, evaluateSessions, type Outcome } from './evaluate.ts';
import { everyAgent } from './roster.ts';
import { isOfSession, readSentences, type Sentence } from './sentences.ts';

const LEAST_ACCURACY = 0.9;

const agents = await everyAgent();
const sets = { tuning: readSentences('tuning'), 'held-out': readSentences('held-out') };
const results = Object.entries(sets).map(([set, sentences]) => ({ set, ...evaluate(sentences) }));

for (const { set, intents, sessions, helpdesk } of results) {
  console.log(`\n${set}`);
  console.log(`  intents            ${share(intents)}`);
  console.log(`  sessions           ${share(sessions)}`);
  console.log(`  only HR, Finance   ${share(helpdesk)}   (all else is to be refused)`);
  console.log('\n  expected ↓  got →');
  printTable(confusionOf(intents));
  // Those of the other set stay unseen: who has seen them, tunes by them.
  if (set === 'tuning') for (const outcome of intents) if (!outcome.isRight) printMistake(outcome);
}

const cost = measureCost(sets.tuning, agents, 50);
console.log(
  `\nA message that names nobody, among ${cost.agents} agents: median ${cost.median.toFixed(3)} ms, ` +
    `${cost.processor.toFixed(3)} ms of a processor; ` +
    `to learn their profiles, once: ${cost.learning.toFixed(0)} ms`,
);

const heldOut = results.find(({ set }) => set === 'held-out');
const isGood =
  heldOut !== undefined &&
  [heldOut.intents, heldOut.sessions].every((outcomes) => accuracyOf(outcomes) >= LEAST_ACCURACY);
console.log(`\n${isGood ? 'good' : 'NOT good'}: held-out accuracy must be at least ${LEAST_ACCURACY}`);
if (!isGood) process.exitCode = 1;

function evaluate(sentences: readonly Sentence[]) {
  const ofIntents = sentences.filter((sentence) => !isOfSession(sentence));
  const helpdesk: AgentStatus[] = agents.filter(({ group }) => group === 'hr' || group === 'finance');
  return {
    intents: evaluateIntents(ofIntents, agents),
    sessions: evaluateSessions(sentences.filter(isOfSession), agents),
    helpdesk: evaluateIntents(ofIntents.map(withoutOthers), helpdesk),
  };
}

/** What is no matter of HR or Finance is to be refused where there are only these two. */
function withoutOthers(sentence: Sentence): Sentence {
  const isMixed = sentence.expected.length > 1;
  const expected = sentence.expected.filter((group) => group === 'hr' || group === 'finance');
  return { ...sentence, expected: expected.length === 0 || isMixed ? [...expected, 'none'] : expected };
}

function share(outcomes: readonly Outcome[]): string {
  const right = outcomes.filter(({ isRight }) => isRight).length;
  return `${accuracyOf(outcomes).toFixed(3)}  ${right} of ${outcomes.length}`;
}

function printTable(table: Readonly<Record<string, Readonly<Record<string, number>>>>): void {
  const rows = Object.keys(table).sort();
  const columns = [...new Set(Object.values(table).flatMap((row) => Object.keys(row)))].sort();
  const width = Math.max(...rows.map((row) => row.length)) + 2;
  const line = (head: string, cells: readonly string[]): string =>
    `  ${head.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join('')}`;
  console.log(line('', columns));
  for (const row of rows) {
    console.log(
      line(
        row,
        columns.map((column) => String(table[row]?.[column] ?? '·')),
      ),
    );
  }
}

function printMistake({ sentence, got, answer }: Outcome): void {
  const scores = answer?.ok
    ? answer.decision.candidates.filter(({ confidence }) => confidence > 0).slice(0, 3)
    : [];
  const said = scores.map(({ agentId, confidence }) => `${agentId} ${confidence}`).join(', ');
  console.log(`  ${sentence.expected.join('|')} → ${got}: ${sentence.text}   (${said})`);
}
