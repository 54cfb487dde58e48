import type { AgentAction } from '../../model/app-state.ts';

/** The text of the button until the agent has answered. */
export const progressTexts: Readonly<Record<AgentAction, string>> = {
  pause: 'Pausing …',
  resume: 'Resuming …',
  deregister: 'Deregistering …',
  reregister: 'Registering …',
  shutdown: 'Shutting down …',
};

interface Confirmation {
  readonly title: (who: string) => string;
  /** The consequences, and how to undo the action. */
  readonly text: string;
  readonly action: string;
}

/** The texts of the dialog that asks before a disruptive action. */
export const confirmations: Readonly<Record<'deregister' | 'shutdown', Confirmation>> = {
  deregister: {
    title: (who) => `Deregister ${who}?`,
    text: 'Nobody is sent there any more. Messages that are in its queue wait for a while, then go to another agent or fail with a reason. Its process goes on: “Register again” takes it back.',
    action: 'Deregister',
  },
  shutdown: {
    title: (who) => `Shut down ${who}?`,
    text: 'Its process finishes what it has in hand and ends. It cannot be started again from here, only on its machine.',
    action: 'Shut down',
  },
};
