import { ActionIcon, Button, Popover } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { IconCopy, IconDots, IconDownload } from '../../components/icons.ts';
import { saveFile } from '../../components/save-file.ts';
import { describeFailure } from '../../model/failures.ts';
import { useAppModel } from '../../model/use-app-model.ts';
import classes from './conversation-menu.module.css';
import { loadTranscript, transcriptFileName } from './load-transcript.ts';

/** The outcome is shown for this long, in milliseconds. */
const SHOWN_MS = 6000;

/** Copies or downloads the conversation as Markdown. */
export function ConversationMenu({ conversationId }: { conversationId: string }) {
  const { http } = useAppModel();
  const [isOpen, { close, toggle }] = useDisclosure(false);
  const [outcome, setOutcome] = useState<string>();

  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  async function copy(): Promise<string> {
    const { text } = await loadTranscript(http, conversationId);
    await navigator.clipboard.writeText(text);
    return 'Copied';
  }

  async function download(): Promise<string> {
    const { conversation, text } = await loadTranscript(http, conversationId);
    saveFile(transcriptFileName(conversation), new Blob([text], { type: 'text/markdown;charset=utf-8' }));
    return 'Downloaded';
  }

  function run(action: () => Promise<string>): void {
    close();
    setOutcome(undefined);
    action().then(setOutcome, (error: unknown) => setOutcome(describeFailure(error)));
  }

  return (
    <>
      <span className={classes.outcome} role="status">
        {outcome}
      </span>
      <Popover
        opened={isOpen}
        onChange={close}
        position="bottom-end"
        withinPortal={false}
        trapFocus
        returnFocus
      >
        <Popover.Target>
          <ActionIcon size="lg" aria-label="More about this conversation" title="More" onClick={toggle}>
            <IconDots size={18} stroke={1.75} />
          </ActionIcon>
        </Popover.Target>
        <Popover.Dropdown className={classes.items ?? ''} aria-label="More about this conversation">
          <Button
            variant="subtle"
            justify="flex-start"
            leftSection={<IconCopy size={16} aria-hidden="true" />}
            onClick={() => run(copy)}
          >
            Copy as Markdown
          </Button>
          <Button
            variant="subtle"
            justify="flex-start"
            leftSection={<IconDownload size={16} aria-hidden="true" />}
            onClick={() => run(download)}
          >
            Download as Markdown
          </Button>
        </Popover.Dropdown>
      </Popover>
    </>
  );
}
