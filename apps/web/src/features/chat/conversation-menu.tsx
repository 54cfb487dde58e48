import { ActionIcon, Menu } from '@mantine/core';
import { useEffect, useState } from 'react';
import { IconCopy, IconDots, IconDownload } from '../../components/icons.ts';
import { describeFailure } from '../../session/describe-failure.ts';
import { useSession } from '../../session/use-session.ts';
import classes from './conversation-menu.module.css';
import { loadTranscript, transcriptFileName } from './load-transcript.ts';

/** So long, in milliseconds, it is said what has become of the wish. */
const SHOWN_MS = 6000;

/** Takes the conversation along as Markdown. */
export function ConversationMenu({ conversationId }: { conversationId: string }) {
  const { http } = useSession();
  const [outcome, setOutcome] = useState<string>();

  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  async function copy(): Promise<string> {
    const { text } = await loadTranscript(http, conversationId);
    await navigator.clipboard.writeText(text);
    return 'Copied as Markdown';
  }

  async function download(): Promise<string> {
    const { conversation, text } = await loadTranscript(http, conversationId);
    saveAs(transcriptFileName(conversation), text);
    return 'Downloaded as Markdown';
  }

  function run(action: () => Promise<string>): void {
    setOutcome(undefined);
    action().then(setOutcome, (error: unknown) => setOutcome(describeFailure(error)));
  }

  return (
    <>
      <span className={classes.outcome} role="status">
        {outcome}
      </span>
      <Menu position="bottom-end" width="max-content">
        <Menu.Target>
          <ActionIcon size="lg" aria-label="More about this conversation" title="More">
            <IconDots size={18} stroke={1.75} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCopy size={16} />} onClick={() => run(copy)}>
            Copy as Markdown
          </Menu.Item>
          <Menu.Item leftSection={<IconDownload size={16} />} onClick={() => run(download)}>
            Download as Markdown
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

function saveAs(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/markdown;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
