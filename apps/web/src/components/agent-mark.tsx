import { hueStyle, initialsOf } from './agent-hue.ts';
import classes from './agent-mark.module.css';

/** The agent's initials in its colour. Decoration: its name always stands beside it. */
export function AgentMark({
  agentId,
  name,
  isLarge = false,
}: {
  agentId: string;
  name: string;
  isLarge?: boolean;
}) {
  return (
    <span
      className={classes.mark}
      data-large={isLarge || undefined}
      style={hueStyle(agentId)}
      aria-hidden="true"
    >
      {initialsOf(name)}
    </span>
  );
}
