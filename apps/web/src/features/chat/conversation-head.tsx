import { ActionIcon } from '@mantine/core';
import { Link } from 'wouter';
import { IconLayoutSidebarLeftExpand, IconPlus, IconRoute } from '../../components/icons.ts';
import type { Thread } from '../../model/thread.ts';
import { useAppState } from '../../model/use-app-model.ts';
import classes from './chat-page.module.css';
import { ConversationMenu } from './conversation-menu.tsx';

interface Props {
  readonly conversationId: string | undefined;
  readonly thread: Thread | undefined;
  readonly hasSidebar: boolean;
  readonly onShowList: () => void;
  readonly isPathShown: boolean;
  readonly onTogglePath: () => void;
}

export function ConversationHead({
  conversationId,
  thread,
  hasSidebar,
  onShowList,
  isPathShown,
  onTogglePath,
}: Props) {
  const title = useAppState(({ conversations }) =>
    conversationId === undefined ? undefined : conversations[conversationId]?.title,
  );
  const names = agentNames(thread);
  return (
    <header className={classes.head}>
      {hasSidebar ? null : (
        <ActionIcon size="lg" aria-label="Conversations and agents" onClick={onShowList}>
          <IconLayoutSidebarLeftExpand size={20} stroke={1.75} />
        </ActionIcon>
      )}
      <div className={classes.headText}>
        {/* On a new conversation the heading stands in the page. */}
        {conversationId === undefined ? (
          <span className={classes.fresh}>New conversation</span>
        ) : (
          <h1>{title ?? 'Conversation'}</h1>
        )}
        {names === '' ? null : <span className={classes.with}>with {names}</span>}
      </div>
      {conversationId === undefined ? null : <ConversationMenu conversationId={conversationId} />}
      {hasSidebar ? null : (
        <ActionIcon component={Link} href="/" size="lg" aria-label="New conversation">
          <IconPlus size={20} stroke={1.75} />
        </ActionIcon>
      )}
      <ActionIcon
        size="lg"
        variant={isPathShown ? 'light' : 'subtle'}
        aria-label="Message path"
        aria-pressed={isPathShown}
        title="Message path"
        onClick={onTogglePath}
      >
        <IconRoute size={18} stroke={1.75} />
      </ActionIcon>
    </header>
  );
}

/** The agents that answered in the loaded messages, each once, the latest at the end. */
function agentNames(thread: Thread | undefined): string {
  const names = (thread?.messages ?? []).flatMap(({ sender }) =>
    sender.kind === 'agent' ? [sender.name] : [],
  );
  return [...new Set(names)].join(', ');
}
