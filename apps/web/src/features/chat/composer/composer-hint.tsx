import type { AgentStatus } from '@parley/shared-models';
import { hueStyle } from '../../../components/agent-hue.ts';
import { lengthNote, lengthProblem } from '../../../components/message-length.ts';
import { useAppState } from '../../../model/use-app-model.ts';
import classes from './composer.module.css';
import { unknownMention } from './mention.ts';

interface Props {
  readonly text: string;
  readonly names: readonly string[];
  /** The agent that the text is addressed to, or that holds the conversation. */
  readonly target: AgentStatus | undefined;
  /** An agent's name is being chosen. */
  readonly isMentioning: boolean;
}

/** The line below the text: the recipient, and possible mistakes. */
export function ComposerHint({ text, names, target, isMentioning }: Props) {
  const areAgentsKnown = useAppState(({ agents }) => agents !== undefined);
  const slip = isMentioning || !areAgentsKnown ? undefined : unknownMention(text, names);
  const problem = lengthProblem(text);
  if (problem !== undefined) {
    return (
      <p className={classes.hint} role="alert">
        <span className={classes.slip}>{problem}</span>
      </p>
    );
  }
  const note = lengthNote(text);
  return (
    <p className={classes.hint}>
      {target === undefined ? null : (
        <span>
          to{' '}
          <b className={classes.target} style={hueStyle(target.agentId)}>
            {target.agentName}
          </b>
          {target.state === 'online' ? '' : `, which is ${target.state}: the message waits for it`}
        </span>
      )}
      {slip === undefined ? null : <span className={classes.slip}>No agent is called “{slip}”</span>}
      {note === undefined ? null : <span>{note}</span>}
      {target === undefined && slip === undefined && note === undefined ? (
        <span className={classes.keys}>@ names an agent · Shift+Enter begins a line</span>
      ) : null}
    </p>
  );
}
