import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from '@mantine/spotlight';
import { useMemo } from 'react';
import { useLocation } from 'wouter';
import { AgentMark } from '../components/agent-mark.tsx';
import { IconKeyboard, IconMessage2, IconMoon, IconPlus, IconSearch } from '../components/icons.ts';
import { useAgents, useAppState } from '../model/use-app-model.ts';
import classes from './command-palette.module.css';
import { PageIcon } from './page-icon.tsx';
import { pages } from './pages.ts';

const RECENT = 50;

/** `Ctrl+K`: finds pages, agents, conversations and actions by name. */
export function CommandPalette({ onShowShortcuts }: { onShowShortcuts: () => void }) {
  const [, navigate] = useLocation();
  const agents = useAgents();
  const conversations = useAppState((state) => state.conversations);
  const { setColorScheme } = useMantineColorScheme();
  const nextScheme = useComputedColorScheme('light') === 'dark' ? 'light' : 'dark';

  const actions = useMemo((): SpotlightActionGroupData[] => {
    const recent = Object.values(conversations)
      .sort((one, other) => (one.updatedAt < other.updatedAt ? 1 : -1))
      .slice(0, RECENT);
    const does: SpotlightActionData[] = [
      {
        id: 'new',
        label: 'New conversation',
        leftSection: <IconPlus size={16} />,
        onClick: () => navigate('/'),
      },
      {
        id: 'colours',
        label: `Use ${nextScheme} colours`,
        leftSection: <IconMoon size={16} />,
        onClick: () => setColorScheme(nextScheme),
      },
      {
        id: 'keys',
        label: 'Keyboard shortcuts',
        leftSection: <IconKeyboard size={16} />,
        onClick: onShowShortcuts,
      },
    ];
    return [
      { group: 'Do', actions: does },
      {
        group: 'Go to',
        actions: pages.map((page) => ({
          id: `page ${page.id}`,
          label: page.label,
          leftSection: <PageIcon page={page} />,
          onClick: () => navigate(page.path),
        })),
      },
      {
        group: 'Write to',
        actions: agents.map(({ agentId, agentName, description }) => ({
          id: `agent ${agentId}`,
          label: agentName,
          description,
          leftSection: <AgentMark agentId={agentId} name={agentName} />,
          onClick: () => navigate(`/?to=${encodeURIComponent(agentName)}`),
        })),
      },
      {
        group: 'Conversations',
        actions: recent.map(({ id, title, preview }) => ({
          id: `conversation ${id}`,
          label: title,
          description: preview,
          leftSection: <IconMessage2 size={16} />,
          onClick: () => navigate(`/c/${id}`),
        })),
      },
    ].filter((group) => group.actions.length > 0);
  }, [agents, conversations, navigate, nextScheme, onShowShortcuts, setColorScheme]);

  return (
    <Spotlight
      actions={actions}
      shortcut={['mod + K']}
      tagsToIgnore={[]}
      limit={24}
      overlayProps={{ backgroundOpacity: 0.3, blur: 0 }}
      attributes={{ content: { 'aria-label': 'Command palette' } }}
      transitionProps={{ duration: 120 }}
      classNames={{
        content: classes.content ?? '',
        search: classes.search ?? '',
        actionsList: classes.list ?? '',
        actionsGroup: classes.group ?? '',
        action: classes.action ?? '',
        actionBody: classes.body ?? '',
        actionLabel: classes.label ?? '',
        actionDescription: classes.description ?? '',
        actionSection: classes.section ?? '',
      }}
      lockScroll={false}
      scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}
      nothingFound="Nothing has that name."
      searchProps={{
        leftSection: <IconSearch size={16} />,
        placeholder: 'Conversation, agent, page or action',
        'aria-label': 'Find a conversation, agent, page or action',
      }}
    />
  );
}
