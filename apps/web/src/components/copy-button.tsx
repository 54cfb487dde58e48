import { ActionIcon } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from './icons.ts';

/** Copies the text, and confirms it for a moment by icon and name. */
export function CopyButton({ text, label, className }: { text: string; label: string; className?: string }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const name = clipboard.copied ? 'Copied' : clipboard.error === null ? label : 'Copying is not allowed here';
  return (
    <ActionIcon
      size={24}
      {...(className === undefined ? {} : { className })}
      aria-label={name}
      title={name}
      onClick={() => clipboard.copy(text)}
    >
      {clipboard.copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
    </ActionIcon>
  );
}
