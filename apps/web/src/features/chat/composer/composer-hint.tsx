import type { AgentStatus } from '@parley/shared-models';
import { hueStyle } from '../../../components/agent-mark.tsx';
import { useSessionState } from '../../../session/use-session.ts';
import classes from './composer.module.css';
import { unknownMention } from './mention.ts';

interface Props {
  readonly text: string;
  readonly names: readonly string[];
  /** The agent that the text is addressed to, or that holds the conversation. */
  readonly target: AgentStatus | undefined;
  /** A name is just being chosen. */
  readonly isMentioning: boolean;
}

/** Under the text: to whom it goes, and what may be a slip. */
export function ComposerHint({ text, names, target, isMentioning }: Props) {
  const areAgentsKnown = useSessionState(({ agents }) => agents !== undefined);
  const slip = isMentioning || !areAgentsKnown ? undefined : unknownMention(text, names);
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
      {target === undefined && slip === undefined ? (
        <span className={classes.keys}>@ names an agent · Shift+Enter begins a line</span>
      ) : null}
    </p>
  );
}
