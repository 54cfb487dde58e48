import type { AgentStatus } from '@parley/shared-models';
import { AgentMark } from '../../../components/agent-mark.tsx';
import { StateDot } from '../../../components/state-dot.tsx';
import classes from './composer.module.css';

interface Props {
  readonly id: string;
  readonly names: readonly string[];
  readonly active: string | undefined;
  readonly agents: readonly AgentStatus[];
  readonly onPick: (name: string) => void;
}

/** The agents that match the text after the `@`. The focus stays in the text field; its keys move through this list. */
export function MentionList({ id, names, active, agents, onPick }: Props) {
  return (
    <div className={classes.names} id={id} role="listbox" aria-label="Agents">
      {names.map((name) => {
        const agent = agents.find(({ agentName }) => agentName === name);
        return (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the text field that owns the list handles the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text field (aria-activedescendant)
          <div
            key={name}
            id={`${id} ${name}`.replaceAll(' ', '-')}
            className={classes.option}
            role="option"
            aria-selected={name === active}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onPick(name)}
          >
            <AgentMark agentId={agent?.agentId ?? name} name={name} />
            <span className={classes.optionName}>{name}</span>
            <span className={classes.optionText}>{agent?.description}</span>
            {agent === undefined ? null : <StateDot state={agent.state} />}
          </div>
        );
      })}
    </div>
  );
}
