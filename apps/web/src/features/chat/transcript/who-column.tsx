import type { Participant } from '@parley/shared-models';
import { AgentMark, hueStyle } from '../../../components/agent-mark.tsx';
import classes from './entry.module.css';

/** Who wrote it, in the margin. */
export function WhoColumn({
  sender,
  isMine,
  isHidden = false,
}: {
  sender: Participant;
  isMine: boolean;
  isHidden?: boolean;
}) {
  if (isHidden) return <div className={classes.who} />;
  if (sender.kind !== 'agent') {
    return (
      <div className={classes.who}>
        <span className={classes.name}>{isMine ? 'You' : sender.name}</span>
      </div>
    );
  }
  return (
    <div className={classes.who} style={hueStyle(sender.id)} data-tinted title={sender.name}>
      <AgentMark agentId={sender.id} name={sender.name} />
      <span className={classes.name}>{sender.name}</span>
    </div>
  );
}
