import type { RefObject } from 'react';
import { AgentList } from './agent-list/agent-list.tsx';
import classes from './chat-page.module.css';
import { ConversationList } from './conversations/conversation-list.tsx';

interface Props {
  readonly selectedId: string | undefined;
  readonly searchRef: RefObject<HTMLInputElement | null>;
  readonly onPicked: () => void;
  readonly onPickAgent: (agentName: string) => void;
}

export function Sidebar({ selectedId, searchRef, onPicked, onPickAgent }: Props) {
  return (
    <div className={classes.sidebar}>
      <ConversationList selectedId={selectedId} searchRef={searchRef} onPicked={onPicked} />
      <AgentList onPick={onPickAgent} />
    </div>
  );
}
