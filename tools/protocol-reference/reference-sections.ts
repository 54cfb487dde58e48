import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  CLOSE_CODES,
  ClientFrames,
  ERRORS,
  LIMITS,
  PERMISSIONS,
  ROUTES,
  type Route,
  ServerFrames,
} from '@parley/shared-models';
import { z } from 'zod';
import type { CallerKind } from '../../libs/control-plane/src/contracts/contract.ts';
import { contractAt } from '../../libs/control-plane/src/contracts/paths.ts';
import { CLIENT_FRAMES } from '../../libs/shared-models/testing/client-frame-examples.ts';
import type { FrameExamples } from '../../libs/shared-models/testing/frame-examples.ts';
import { SERVER_FRAMES } from '../../libs/shared-models/testing/server-frame-examples.ts';
import { fieldTable } from './field-table.ts';
import { OBJECTS } from './objects.ts';
import { headers, queueMessages, signals } from './queue-sections.ts';
import { settingsTable } from './settings-table.ts';
import { table } from './table.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROTOS = path.join(ROOT, 'protos/parley/v1');

/** Each document that has parts that follow from the source, and its parts, by the name of their marker. */
export function referenceDocuments(): ReadonlyMap<string, ReadonlyMap<string, string>> {
  return new Map([
    ['docs/protocol.md', referenceSections()],
    ['docs/settings.md', new Map([['settings', settingsTable()]])],
    ['docs/any-language.md', new Map([['python', pythonAgent()]])],
  ]);
}

function pythonAgent(): string {
  const source = readFileSync(path.join(ROOT, 'examples/python/agent.py'), 'utf8');
  return `\`\`\`python\n${source.trimEnd()}\n\`\`\``;
}

/** The parts of `docs/protocol.md` that follow from the models. */
function referenceSections(): ReadonlyMap<string, string> {
  return new Map([
    ['client-frames', frames(ClientFrames, CLIENT_FRAMES)],
    ['server-frames', frames(ServerFrames, SERVER_FRAMES)],
    ['objects', objects()],
    ['errors', errors()],
    [
      'close-codes',
      table(
        ['code', 'name'],
        Object.entries(CLOSE_CODES).map(([name, code]) => [String(code), `\`${name}\``]),
      ),
    ],
    [
      'limits',
      table(
        ['limit', 'value'],
        Object.entries(LIMITS).map(([name, value]) => [`\`${name}\``, String(value)]),
      ),
    ],
    ['http-routes', httpRoutes()],
    ['queue-messages', queueMessages()],
    ['headers', headers()],
    ['signals', signals()],
    ['rpcs', rpcs()],
  ]);
}

function frames(
  schemas: Readonly<Record<string, z.ZodType>>,
  examples: Readonly<Record<string, FrameExamples<object>>>,
): string {
  return Object.entries(schemas)
    .map(
      ([type, schema]) =>
        `#### \`${type}\`\n\n${fieldTable(schema)}\n\n\`\`\`json\n${JSON.stringify(examples[type]?.valid[0])}\n\`\`\``,
    )
    .join('\n\n');
}

function objects(): string {
  return Object.entries(OBJECTS)
    .map(([name, schema]) => `#### ${name}\n\n${fieldTable(schema)}`)
    .join('\n\n');
}

function errors(): string {
  const rows = Object.entries(ERRORS).map(([code, { meaning, canRetry, status }]) => [
    `\`${code}\``,
    meaning,
    canRetry ? 'yes' : 'no',
    String(status),
  ]);
  return table(['code', 'meaning', 'can the same request succeed later?', 'HTTP'], rows);
}

function httpRoutes(): string {
  const rows = Object.values<Route>(ROUTES).map(({ method, path: to, action, says, input }) => {
    const role = action === 'public' ? action : PERMISSIONS[action];
    return [`\`${method} ${to}\``, role, says, namesOf(input)];
  });
  return table(['path', 'role', 'what', 'takes'], rows);
}

/** Required parameters are bold. */
function namesOf(input: z.ZodType | undefined): string {
  const object = input instanceof z.ZodNullable || input instanceof z.ZodOptional ? input.unwrap() : input;
  if (object instanceof z.ZodNullable) return namesOf(object);
  if (!(object instanceof z.ZodObject)) return '';
  const names = Object.entries<z.ZodType>(object.shape).map(([name, schema]) => {
    const isNeeded = !schema.safeParse(undefined).success;
    return isNeeded ? `**\`${name}\`**` : `\`${name}\``;
  });
  return names.join(', ');
}

const CALLERS: Readonly<Record<CallerKind, string>> = {
  anybody: 'any member',
  agent: 'the agent that it names',
  broker: 'the broker that it names',
  member: 'the agent or broker that its first request names',
};

/** Read off the files themselves: a service line, then its rpc lines. */
function rpcs(): string {
  const rows: string[][] = [];
  for (const file of readdirSync(PROTOS).sort()) {
    let service = '';
    for (const line of readFileSync(path.join(PROTOS, file), 'utf8').split('\n')) {
      service = /^service (\w+)/.exec(line)?.[1] ?? service;
      const rpc = /^\s*rpc (\w+)\s*\((stream )?[\w.]+\)\s*returns\s*\((stream )?[\w.]+\)/.exec(line);
      if (rpc === null) continue;
      const [sends, receives] = [rpc[2] !== undefined, rpc[3] !== undefined];
      const oneWay = sends ? 'client stream' : receives ? 'server stream' : 'unary';
      const kind = sends && receives ? 'bidirectional stream' : oneWay;
      const contract = contractAt(`/parley.v1.${service}/${rpc[1]}`);
      if (contract === undefined) throw new Error(`${service}.${rpc[1]} has no contract`);
      const caller = CALLERS[contract.caller];
      rows.push([`\`${service}\``, `\`${rpc[1]}\``, kind, caller, `[${file}](../protos/parley/v1/${file})`]);
    }
  }
  return table(['service', 'rpc', 'kind', 'who calls', 'file'], rows);
}
