import { Button, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './confirm-dialog.module.css';

interface Props {
  readonly isOpen: boolean;
  readonly title: string;
  /** The consequences, and which of them cannot be undone. */
  readonly children: ReactNode;
  /** The label of the button: the action itself, not “OK”. */
  readonly action: string;
  readonly isBusy?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks for confirmation before a destructive action. */
export function ConfirmDialog({
  isOpen,
  title,
  children,
  action,
  isBusy = false,
  onConfirm,
  onClose,
}: Props) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      closeButtonProps={{ 'aria-label': 'Close' }}
      classNames={{
        content: classes.content ?? '',
        header: classes.header ?? '',
        title: classes.title ?? '',
        body: classes.body ?? '',
      }}
    >
      {children}
      <div className={classes.actions}>
        {/* Pressing Enter too soon cancels. */}
        <Button variant="default" size="sm" data-autofocus onClick={onClose}>
          Cancel
        </Button>
        <Button color="red" size="sm" loading={isBusy} onClick={onConfirm}>
          {action}
        </Button>
      </div>
    </Modal>
  );
}
