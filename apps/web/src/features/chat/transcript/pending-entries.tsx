import { Button } from '@mantine/core';
import type { OutboxItem } from '@parley/client';
import { type ChatMessage, type MessageStatus, type Participant, timeOfId } from '@parley/shared-models';
import { memo } from 'react';
import { IconPlayerStopFilled, IconRefresh, IconTrash } from '../../../components/icons.ts';
import { LongText } from '../../../components/long-text.tsx';
import { Markdown } from '../../../components/markdown.tsx';
import type { Refusal } from '../../../model/app-state.ts';
import type { Draft } from '../../../model/drafts.ts';
import { useAgents, useAppModel, useIsConnected } from '../../../model/use-app-model.ts';
import { deliveryOfUnsent, workText } from './delivery.ts';
import { DeliveryMark } from './delivery-mark.tsx';
import classes from './entry.module.css';
import { EntryAction, EntryTime, WhoColumn } from './entry-parts.tsx';

const you: Participant = { kind: 'user', id: 'you', name: 'You' };

/** A message that the server has not acknowledged. */
export const UnsentEntry = memo(function UnsentEntry({ item }: { item: OutboxItem }) {
  const model = useAppModel();
  const delivery = deliveryOfUnsent(item, useIsConnected());
  return (
    <article
      className={classes.entry}
      data-side="own"
      data-unsent={delivery.state === 'queued' || undefined}
      data-key={item.id}
      aria-label={`You: ${item.text.slice(0, 80)}`}
    >
      <WhoColumn sender={you} isMine />
      <div className={classes.body}>
        <div className={classes.bubble}>
          <p className={classes.plain}>
            <LongText text={item.text} />
          </p>
        </div>
      </div>
      <div className={classes.meta}>
        <EntryTime iso={new Date(timeOfId(item.id)).toISOString()} />
        <DeliveryMark delivery={delivery} />
        {delivery.state === 'queued' ? (
          <EntryAction label="Do not send it" onClick={() => model.cancel(item.id)}>
            <IconTrash size={14} />
          </EntryAction>
        ) : null}
      </div>
    </article>
  );
});

/** A message that the server has refused. */
export const RefusedEntry = memo(function RefusedEntry({ refusal }: { refusal: Refusal }) {
  const model = useAppModel();
  const { item, error } = refusal;
  return (
    <article
      className={classes.entry}
      data-side="own"
      data-unsent
      data-key={item.id}
      aria-label={`You: ${item.text.slice(0, 80)}`}
    >
      <WhoColumn sender={you} isMine />
      <div className={classes.body}>
        <div className={classes.bubble}>
          <p className={classes.plain}>
            <LongText text={item.text} />
          </p>
        </div>
        <div className={classes.notice} data-error role="alert">
          <p className={classes.plain}>Not sent: {error.message}</p>
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconRefresh size={13} />}
            onClick={() => model.resend(item.id)}
          >
            Try again
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => model.discard(item.id)}>
            Discard
          </Button>
        </div>
      </div>
      <div className={classes.meta}>
        <EntryTime iso={new Date(timeOfId(item.id)).toISOString()} />
        <DeliveryMark delivery={{ state: 'failed', label: `Not sent: ${error.message}` }} />
      </div>
    </article>
  );
});

/** A reply while it is being written. */
export const DraftEntry = memo(function DraftEntry({ draft }: { draft: Draft }) {
  const model = useAppModel();
  const agent = useAgents().find(({ agentId }) => agentId === draft.agentId);
  const { inReplyTo } = draft;
  return (
    <article
      className={classes.entry}
      data-side="other"
      data-key={draft.messageId}
      aria-busy="true"
      aria-label={`${agent?.agentName ?? draft.agentId} is writing`}
    >
      <WhoColumn
        sender={{ kind: 'agent', id: draft.agentId, name: agent?.agentName ?? draft.agentId }}
        isMine={false}
      />
      <div className={classes.body}>
        <Markdown text={draft.text} isGrowing />
        {inReplyTo === undefined ? null : (
          <div className={classes.draftStop}>
            <StopButton onStop={() => model.cancel(inReplyTo)} />
          </div>
        )}
      </div>
    </article>
  );
});

interface WorkProps {
  readonly request: ChatMessage;
  readonly status: MessageStatus | undefined;
  readonly isTyping: boolean;
}

/** A placeholder for the reply, until its first words come. */
export const WorkEntry = memo(function WorkEntry({ request, status, isTyping }: WorkProps) {
  const model = useAppModel();
  const routing = status?.routing;
  const agent = useAgents().find(({ agentId }) => agentId === routing?.agentId);
  const { text, isMoving } = workText(status, agent?.state, isTyping);
  return (
    <div className={classes.entry} data-side="other" data-key={`work ${request.id}`}>
      {routing === undefined ? (
        <div className={classes.who} />
      ) : (
        <WhoColumn sender={{ kind: 'agent', id: routing.agentId, name: routing.agentName }} isMine={false} />
      )}
      <div className={classes.body}>
        <div className={classes.working}>
          {isMoving ? (
            <span className={classes.dots} aria-hidden="true">
              <span />
              <span />
              <span />
            </span>
          ) : null}
          {text}
          <StopButton onStop={() => model.cancel(request.id)} />
        </div>
      </div>
    </div>
  );
});

function StopButton({ onStop }: { onStop: () => void }) {
  return (
    <Button
      size="compact-xs"
      variant="default"
      leftSection={<IconPlayerStopFilled size={11} />}
      onClick={onStop}
    >
      Stop
    </Button>
  );
}
