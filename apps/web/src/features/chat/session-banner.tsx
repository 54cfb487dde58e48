import { Button } from '@mantine/core';
import { hueStyle } from '../../components/agent-hue.ts';
import { IconDoorExit } from '../../components/icons.ts';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import classes from './session-banner.module.css';

/** What a person writes to leave; the button writes it too, so that what happened stands in the conversation. */
const LEAVE = 'END';

/** With which agent the conversation stays, and the way out. */
export function SessionBanner({ conversationId }: { conversationId: string }) {
  const model = useAppModel();
  const agentSession = useAppState(({ agentSessions }) => agentSessions.get(conversationId));
  const isLeaving = useAppState(({ outbox }) =>
    outbox.some((item) => item.conversationId === conversationId && item.text === LEAVE),
  );
  return (
    // Always there: what is filled in later is read out, what appears with its text may not be.
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
