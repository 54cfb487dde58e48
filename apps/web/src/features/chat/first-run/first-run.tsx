import { UnstyledButton } from '@mantine/core';
import { useMemo } from 'react';
import { AgentMark } from '../../../components/agent-mark.tsx';
import { IconCornerDownLeft } from '../../../components/icons.ts';
import { useAgents, useAppState } from '../../../model/use-app-model.ts';
import classes from './first-run.module.css';
import { suggestionsFor } from './suggestions.ts';

/** The contents of a new conversation: two sentences on how Parley works, and three suggestions to click. */
export function FirstRun({ onAsk }: { onAsk: ((text: string) => void) | undefined }) {
  const agents = useAgents();
  const isKnown = useAppState((state) => state.agents !== undefined);
  const suggestions = useMemo(() => suggestionsFor(agents), [agents]);
  const online = agents.filter(({ state }) => state === 'online');
  return (
    <div className={classes.page}>
      <div className={classes.column}>
        <h1 className={classes.title}>Ask, and an agent answers.</h1>
        <p className={classes.text}>
          {!isKnown || online.length > 0
            ? 'Parley picks the agent that fits and says why. Name one with @ to choose for yourself.'
            : 'No agent is online yet. What you write now is kept and answered, or refused with a reason.'}
        </p>
        {onAsk === undefined ? null : (
          <ul className={classes.suggestions} aria-label="Suggestions">
            {suggestions.map(({ text, agentName }) => {
              const agent = online.find((each) => each.agentName === agentName);
              return (
                <li key={text}>
                  <UnstyledButton className={classes.suggestion} onClick={() => onAsk(text)}>
                    {agent === undefined ? (
                      <span className={classes.anyone} aria-hidden="true">
                        ?
                      </span>
                    ) : (
                      <AgentMark agentId={agent.agentId} name={agent.agentName} />
                    )}
                    <span className={classes.question}>{text}</span>
                    <IconCornerDownLeft size={15} aria-hidden="true" />
                  </UnstyledButton>
                </li>
              );
            })}
          </ul>
        )}
      </div>
    </div>
  );
}
