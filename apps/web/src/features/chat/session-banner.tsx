import { Button } from '@mantine/core';
import { hueStyle } from '../../components/agent-hue.ts';
import { IconDoorExit } from '../../components/icons.ts';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import classes from './session-banner.module.css';

/** The text that ends the session. The button sends it as a message too, so that the conversation records it. */
const LEAVE = 'END';

/** The agent that holds the conversation, and a button to leave it. */
export function SessionBanner({ conversationId }: { conversationId: string }) {
  const model = useAppModel();
  const agentSession = useAppState(({ agentSessions }) => agentSessions.get(conversationId));
  const isLeaving = useAppState(({ outbox }) =>
    outbox.some((item) => item.conversationId === conversationId && item.text === LEAVE),
  );
  return (
    // The region is always there: screen readers announce changes in a region, but often not a new region.
    <div className={classes.place} role="status">
      {agentSession === undefined ? null : (
        <div className={classes.banner}>
          <p className={classes.text}>
            Talking with{' '}
            <b className={classes.agent} style={hueStyle(agentSession.agentId)}>
              {agentSession.agentName}
            </b>
            <span className={classes.more}> · what you write goes to it until you leave</span>
          </p>
          <Button
            size="compact-sm"
            variant="subtle"
            className={classes.leave ?? ''}
            leftSection={<IconDoorExit size={16} aria-hidden="true" />}
            aria-label={`Leave ${agentSession.agentName}`}
            disabled={isLeaving}
            onClick={() => model.send({ text: LEAVE, conversationId })}
          >
            {isLeaving ? 'Leaving …' : 'Leave'}
          </Button>
        </div>
      )}
    </div>
  );
}
