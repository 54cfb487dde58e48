import { Button } from '@mantine/core';
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import { IconArrowDown } from '../../../components/icons.ts';
import { ScrollRegion } from '../../../components/scroll-region.tsx';
import { TerminalLines } from './terminal-lines.tsx';
import type { TerminalScreen } from './terminal-screen.ts';
import classes from './terminal-view.module.css';

interface Props {
  readonly screen: TerminalScreen;
  /** The name of the region for screen readers. */
  readonly label: string;
  /** Shown while there is no output. */
  readonly empty: ReactNode;
}

/** Longer output is not announced live by screen readers: it would be too much to follow. */
const READ_OUT_LINES = 200;
/** Within this distance the reader counts as being at the end, in pixels. */
const NEAR_END = 24;

/**
 * The output of a command as text of the page: it can be selected, copied, searched, enlarged and read out. A view that is
 * scrolled to the end stays there.
 */
export function TerminalView({ screen, label, empty }: Props) {
  const content = useSyncExternalStore(screen.subscribe, screen.content);
  const box = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  const [hasMoreBelow, setHasMoreBelow] = useState(false);

  function noteEnd(): void {
    const { scrollHeight = 0, scrollTop = 0, clientHeight = 0 } = box.current ?? {};
    isAtEnd.current = scrollHeight - scrollTop - clientHeight <= NEAR_END;
    setHasMoreBelow(!isAtEnd.current);
  }
  function goToEnd(): void {
    box.current?.scrollTo({ top: box.current.scrollHeight });
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: with every change of the content
  useLayoutEffect(() => {
    if (isAtEnd.current) goToEnd();
  }, [content]);

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => {
      if (isAtEnd.current) element.scrollTo({ top: element.scrollHeight });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const lineCount = content.blocks.length * 100 + content.tail.length;
  return (
    <div className={classes.frame}>
      <ScrollRegion
        ref={box}
        className={classes.box}
        role="log"
        label={label}
        aria-live={lineCount > READ_OUT_LINES ? 'off' : 'polite'}
        onScroll={noteEnd}
      >
        {lineCount === 0 ? <p className={classes.empty}>{empty}</p> : null}
        {content.omitted === 0 ? null : (
          <p className={classes.omitted}>
            The first {content.omitted.toLocaleString()} lines are left out here; the download has them.
          </p>
        )}
        <TerminalLines content={content} />
      </ScrollRegion>
      {hasMoreBelow ? (
        <Button
          className={classes.toEnd ?? ''}
          variant="default"
          leftSection={<IconArrowDown size={14} aria-hidden="true" />}
          onClick={goToEnd}
        >
          To the end
        </Button>
      ) : null}
    </div>
  );
}
