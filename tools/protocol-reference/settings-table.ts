import { mayStandInFile, type SettingDescription, settingsOf } from '@parley/process-kit';
import { AgentConfig } from '../../apps/agent/src/config.ts';
import { BrokerConfig } from '../../apps/broker/src/config.ts';
import { GatewayConfig } from '../../apps/gateway/src/config.ts';
import { ServerConfig } from '../../apps/server/src/config.ts';
import { table } from './table.ts';

const PROCESSES = { server: ServerConfig, broker: BrokerConfig, agent: AgentConfig, gateway: GatewayConfig };

/** A Markdown table of every setting of every process, for `docs/settings.md`. */
export function settingsTable(): string {
  const readers = new Map<string, Map<string, SettingDescription>>();
  for (const [process, schema] of Object.entries(PROCESSES)) {
    for (const setting of settingsOf(schema)) {
      const known = readers.get(setting.name) ?? new Map<string, SettingDescription>();
      readers.set(setting.name, known.set(process, setting));
    }
  }
  const rows = [...readers].map(([name, byProcess]) => [
    mayStandInFile(name) ? `\`${name}\`, \`${name}_FILE\`` : `\`${name}\``,
    byProcess.size === Object.keys(PROCESSES).length ? 'all' : [...byProcess.keys()].join(', '),
    eachOnce(byProcess, defaultOf),
    eachOnce(byProcess, meaningOf),
  ]);
  return table(['setting', 'read by', 'default', 'meaning'], rows);
}

/** One text for all of them, or one for each where they differ. */
function eachOnce(
  byProcess: ReadonlyMap<string, SettingDescription>,
  say: (setting: SettingDescription) => string,
): string {
  const said = [...byProcess].map(([process, setting]) => ({ process, text: say(setting) }));
  const [first] = said;
  if (first === undefined || said.every(({ text }) => text === first.text)) return first?.text ?? '';
  return said.map(({ process, text }) => `${process}: ${text}`).join('; ');
}

function defaultOf({ fallback, isRequired }: SettingDescription): string {
  if (fallback !== undefined) return `\`${fallback}\``;
  return isRequired ? 'none: it must be set' : 'unset';
}

function meaningOf({ meaning, values }: SettingDescription): string {
  const choice = values.length === 0 ? '' : `; one of ${values.map((value) => `\`${value}\``).join(', ')}`;
  return `${meaning}${choice}`;
}
