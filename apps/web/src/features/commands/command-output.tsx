import { Button } from '@mantine/core';
import type { HttpApi } from '@parley/client';
import { type CommandRecord, isFinalCommandState } from '@parley/shared-models';
import { useEffect, useState, useSyncExternalStore } from 'react';
import { CopyButton } from '../../components/copy-button.tsx';
import { Entry } from '../../components/error-boundary.tsx';
import { IconDownload } from '../../components/icons.ts';
import { saveFile } from '../../components/save-file.ts';
import { useAppModel } from '../../model/use-app-model.ts';
import { commandTitle } from './command-state-text.ts';
import classes from './command-view.module.css';
import { createTerminalScreen, type TerminalScreen } from './terminal/terminal-screen.ts';
import { TerminalView } from './terminal/terminal-view.tsx';
import { useServerRequest } from './use-server-request.ts';

export function CommandOutput({ command }: { command: CommandRecord }) {
  const { http } = useAppModel();
  const screen = useTerminalScreen(command.id);
  const request = useServerRequest();
  const { id, truncated, outputSeq } = command;
  return (
    <>
      <div className={classes.outputHead}>
        <h3>Output</h3>
        <span className={classes.legend}>{outputSeq === 0 ? '' : 'stderr has a bar beside it'}</span>
        {request.problem === undefined ? null : <span role="alert">{request.problem}</span>}
        {screen === undefined ? null : <CopyOutput screen={screen} />}
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconDownload size={14} aria-hidden="true" />}
          disabled={outputSeq === 0}
          loading={request.isPending}
          onClick={() =>
            request.run(async () => {
              const text = await loadOutput(http, id);
              saveFile(`command-${id}.txt`, new Blob([text], { type: 'text/plain;charset=utf-8' }));
            })
          }
        >
          Download
        </Button>
      </div>
      {truncated ? (
        <p className={classes.truncated}>It printed more than is kept: what came after is left out.</p>
      ) : null}
      {screen === undefined ? null : (
        <Entry key={id} name="The output">
          <TerminalView
            screen={screen}
            label={`Output of ${commandTitle(command)}`}
            empty={emptyText(command)}
          />
        </Entry>
      )}
    </>
  );
}

function CopyOutput({ screen }: { screen: TerminalScreen }) {
  // Renders again when the output grows.
  useSyncExternalStore(screen.subscribe, screen.content);
  return <CopyButton text={screen.text()} label="Copy the output" />;
}

function emptyText({ state, outputSeq }: CommandRecord): string {
  if (outputSeq > 0) return 'Loading the output …';
  if (state === 'succeeded' || state === 'failed') return 'It printed nothing.';
  return isFinalCommandState(state) ? 'Nothing was printed.' : 'Nothing was printed yet.';
}

/** The whole stored output of a command, with colours, both streams in their order. */
async function loadOutput(http: Pick<HttpApi, 'commandOutput'>, id: string): Promise<string> {
  let text = '';
  let afterSeq = 0;
  for (let hasMore = true; hasMore; ) {
    const page = await http.commandOutput(id, { afterSeq });
    text += page.pieces.map(({ data }) => data).join('');
    const last = page.pieces.at(-1)?.seq;
    hasMore = page.hasMore && last !== undefined;
    afterSeq = last ?? afterSeq;
  }
  return text;
}

/** The output of the command from its beginning, updated live; undefined on the first render. */
function useTerminalScreen(commandId: string): TerminalScreen | undefined {
  const { commands } = useAppModel();
  const [screen, setScreen] = useState<TerminalScreen>();
  useEffect(() => {
    const next = createTerminalScreen({ schedule: (notify) => void requestAnimationFrame(notify) });
    const stopFollowing = commands.follow(commandId, ({ stream, data }) => next.write(stream, data));
    setScreen(next);
    return () => {
      stopFollowing();
      next.stop();
    };
  }, [commands, commandId]);
  return screen;
}
