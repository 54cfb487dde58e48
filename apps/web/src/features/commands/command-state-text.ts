import { type CommandRecord, type CommandState, shownText } from '@parley/shared-models';

export type StateTone = 'waiting' | 'active' | 'good' | 'bad' | 'idle';

interface StateText {
  readonly label: string;
  readonly explanation: string;
  readonly tone: StateTone;
}

/** The texts of each state, in the order of the states. */
export const stateTexts: Readonly<Record<CommandState, StateText>> = {
  queued: {
    label: 'queued',
    explanation: 'Waits for the agent, which is offline or paused.',
    tone: 'waiting',
  },
  sent: {
    label: 'sent',
    explanation: 'Is with the agent, or on its way, and waits there for its turn.',
    tone: 'waiting',
  },
  awaiting_approval: {
    label: 'waits for approval',
    explanation: "The agent's policy wants a second person to let it pass.",
    tone: 'waiting',
  },
  running: { label: 'running', explanation: "Runs on the agent's machine.", tone: 'active' },
  succeeded: { label: 'succeeded', explanation: 'Ended with exit code 0.', tone: 'good' },
  failed: {
    label: 'failed',
    explanation: 'Ended with another exit code or by a signal, or could not begin.',
    tone: 'bad',
  },
  cancelled: {
    label: 'cancelled',
    explanation: 'Was stopped by an operator, with every process that it had started.',
    tone: 'idle',
  },
  timed_out: {
    label: 'timed out',
    explanation: 'Was stopped because its time was over, with every process that it had started.',
    tone: 'bad',
  },
  refused: {
    label: 'refused',
    explanation: "The agent's policy does not allow it, or a second person rejected it. Nothing ran.",
    tone: 'bad',
  },
  lost: {
    label: 'lost',
    explanation:
      "The agent's process died meanwhile: nobody knows how far it came. It never runs again by itself.",
    tone: 'bad',
  },
};

/** The title of a command: its command line, or its request to the agent. */
export function commandTitle({ type, command }: Pick<CommandRecord, 'type' | 'command'>): string {
  if (type === 'shell') return shownText(command);
  return type === 'status' ? 'Status of the agent' : 'Shut the agent down';
}

/** `exit code 1`, `ended by SIGKILL`; empty until one of the two is known. */
export function outcomeText({ exitCode, signal }: Pick<CommandRecord, 'exitCode' | 'signal'>): string {
  if (signal !== undefined) return `ended by ${signal}`;
  return exitCode === undefined ? '' : `exit code ${exitCode}`;
}
