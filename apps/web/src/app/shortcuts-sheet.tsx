import { Kbd, Modal, Switch } from '@mantine/core';
import { useSingleKeys } from '../components/use-page-keys.ts';
import classes from './shortcuts-sheet.module.css';

interface Shortcut {
  readonly keys: readonly string[];
  readonly does: string;
  /** A single character. It can be switched off, since speech input and slips trigger it (WCAG 2.1.4). */
  readonly isSingle?: boolean;
}

const shortcuts: readonly Shortcut[] = [
  { keys: ['Ctrl', 'K'], does: 'Find a conversation, an agent, a page, an action' },
  { keys: ['/'], does: 'Search the conversations', isSingle: true },
  { keys: ['N'], does: 'Begin a new conversation', isSingle: true },
  { keys: ['?'], does: 'Show these shortcuts', isSingle: true },
  { keys: ['↑', '↓'], does: 'Move through a list' },
  { keys: ['Enter'], does: 'Send' },
  { keys: ['Shift', 'Enter'], does: 'Begin a new line' },
  { keys: ['@'], does: 'Name an agent' },
  { keys: ['↑'], does: 'In the command line: what was run before' },
  { keys: ['Esc'], does: 'Stop the answer, or close what is open' },
];

export function ShortcutsSheet({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const [areSingleKeysOn, setSingleKeys] = useSingleKeys();
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title="Keyboard shortcuts"
      closeButtonProps={{ 'aria-label': 'Close' }}
      classNames={{
        content: classes.content ?? '',
        header: classes.header ?? '',
        title: classes.title ?? '',
      }}
    >
      <dl className={classes.list}>
        {shortcuts.map(({ keys, does, isSingle = false }) => (
          <div key={does} className={classes.row} data-off={(isSingle && !areSingleKeysOn) || undefined}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key} className={classes.key ?? ''}>
                  {key}
                </Kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <Switch
        checked={areSingleKeysOn}
        onChange={(event) => setSingleKeys(event.currentTarget.checked)}
        label="Shortcuts of a single character"
        description="Switch them off if speech input or a slip sets them off."
      />
    </Modal>
  );
}
