import { Kbd, Modal, Switch } from '@mantine/core';
import { useSingleKeys } from '../components/use-single-keys.ts';
import { shortcuts } from './shortcuts.ts';
import classes from './shortcuts-sheet.module.css';

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
