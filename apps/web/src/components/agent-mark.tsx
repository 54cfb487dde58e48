import type { CSSProperties } from 'react';
import { agentHue, initialsOf } from './agent-hue.ts';
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

/** Sets the hue that `--who-ink` and `--who-soft` are made with; give the element the class `tinted` too. */
export const hueStyle = (agentId: string): CSSProperties => ({ '--hue': agentHue(agentId) }) as CSSProperties;
