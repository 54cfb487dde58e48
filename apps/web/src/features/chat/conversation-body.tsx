import { Link } from 'wouter';
import { EmptyList, FailedList, LoadingList } from '../../components/list-state.tsx';
import type { Thread } from '../../model/thread.ts';
import { useAppModel, useAppState } from '../../model/use-app-model.ts';
import classes from './conversation-body.module.css';
import { FirstRun } from './first-run/first-run.tsx';
import { Transcript } from './transcript/transcript.tsx';

interface Props {
  readonly conversationId: string | undefined;
  readonly thread: Thread | undefined;
  readonly selectedId: string | undefined;
  /** Undefined: the person may not write. */
  readonly onAsk: ((text: string) => void) | undefined;
}

export function ConversationBody({ conversationId, thread, selectedId, onAsk }: Props) {
  const model = useAppModel();
  const isWaiting = useAppState(
    ({ outbox, refused }) =>
      outbox.some((item) => item.conversationId === conversationId) ||
      refused.some(({ item }) => item.conversationId === conversationId),
  );
  if (conversationId === undefined) return <FirstRun onAsk={onAsk} />;
  // Unsent messages of this browser can be shown without the server.
  if (thread === undefined || (thread.loading.phase === 'loading' && !isWaiting)) {
    return (
      <div className={classes.state}>
        <LoadingList label="Loading the conversation" rows={6} />
      </div>
    );
  }
  if (thread.loading.phase === 'failed' && !isWaiting) {
    return (
      <div className={classes.state}>
        <FailedList
          title="This conversation could not be loaded"
          reason={thread.loading.reason}
          onRetry={() => model.reloadConversation(conversationId)}
        />
        <Link href="/">Begin a new conversation</Link>
      </div>
    );
  }
  if (thread.messages.length === 0 && !isWaiting) {
    return (
      <div className={classes.state}>
        <EmptyList title="Nothing was written here yet">Write the first message below.</EmptyList>
      </div>
    );
  }
  return <Transcript conversationId={conversationId} thread={thread} selectedId={selectedId} />;
}
