import { Button, TextInput } from '@mantine/core';
import { type FormEvent, type KeyboardEvent, type Ref, useState } from 'react';
import { useLocation } from 'wouter';
import { IconCornerDownLeft } from '../../components/icons.ts';
import { useAppModel } from '../../model/use-app-model.ts';
import { AgentChoice, type RunnableAgent } from './agent-choice.tsx';
import classes from './run-form.module.css';
import { DEFAULT_TIME_LIMIT_SECONDS, problemOf, type RunDraft, requestOf } from './run-request.ts';
import { useServerRequest } from './use-server-request.ts';

interface Props {
  readonly agents: readonly RunnableAgent[];
  readonly draft: RunDraft;
  /** Earlier command lines, the latest first. */
  readonly history: readonly string[];
  readonly inputRef: Ref<HTMLInputElement>;
  readonly onChange: (draft: RunDraft) => void;
}

/** The agents, the command line and its limits; Enter runs the command. */
export function RunForm({ agents, draft, history, inputRef, onChange }: Props) {
  const { commands } = useAppModel();
  const [, navigate] = useLocation();
  const request = useServerRequest();
  const [isTried, setIsTried] = useState(false);
  const setCommand = (command: string): void => onChange({ ...draft, command });
  const past = useHistory(history, draft.command, setCommand);
  const missing = problemOf(draft);
  const problem = (isTried ? missing : undefined) ?? request.problem;
  const count = draft.agentIds.length;

  function submit(event: FormEvent): void {
    event.preventDefault();
    setIsTried(true);
    if (missing !== undefined || request.isPending) return;
    request.run(async () => {
      const { batchId, commands: started } = await commands.run(requestOf(draft));
      onChange({ ...draft, command: '' });
      past.leave();
      setIsTried(false);
      navigate(`/commands/${batchId ?? started[0]?.id ?? ''}`);
    });
  }

  return (
    <form className={classes.form} aria-label="Run a command" onSubmit={submit}>
      <AgentChoice
        agents={agents}
        chosen={draft.agentIds}
        onChange={(agentIds) => onChange({ ...draft, agentIds })}
      />
      <div className={classes.line}>
        <span className={classes.prompt} aria-hidden="true">
          $
        </span>
        <input
          ref={inputRef}
          className={classes.input}
          aria-label="Command"
          aria-describedby="run-problem"
          aria-invalid={problem !== undefined}
          value={draft.command}
          placeholder="uptime"
          autoComplete="off"
          autoCapitalize="off"
          autoCorrect="off"
          spellCheck={false}
          onChange={({ currentTarget }) => {
            past.leave();
            setCommand(currentTarget.value);
          }}
          onKeyDown={past.onKeyDown}
        />
        <Button
          type="submit"
          size="sm"
          loading={request.isPending}
          rightSection={<IconCornerDownLeft size={14} aria-hidden="true" />}
        >
          {count > 1 ? `Run on ${count} agents` : 'Run'}
        </Button>
      </div>
      <p className={classes.problem} id="run-problem" role="status">
        {problem}
      </p>
      <details className={classes.more}>
        <summary>Folder and time limit</summary>
        <div className={classes.fields}>
          <TextInput
            label="Folder"
            description="Where it runs. Empty: the agent's own choice."
            placeholder="/tmp"
            value={draft.cwd}
            spellCheck={false}
            onChange={({ currentTarget }) => onChange({ ...draft, cwd: currentTarget.value })}
          />
          <TextInput
            label="Time limit in seconds"
            description="To wait in the queue, and then to run."
            placeholder={String(DEFAULT_TIME_LIMIT_SECONDS)}
            inputMode="decimal"
            value={draft.timeLimit}
            onChange={({ currentTarget }) => onChange({ ...draft, timeLimit: currentTarget.value })}
          />
        </div>
      </details>
    </form>
  );
}

/**
 * For the `onKeyDown` of a command line: the arrow keys go through the earlier command lines, as in a shell.
 * @param history the latest first
 */
function useHistory(
  history: readonly string[],
  line: string,
  onChange: (line: string) => void,
): { onKeyDown: (event: KeyboardEvent) => void; leave: () => void } {
  const [place, setPlace] = useState<{ index: number; draft: string }>();

  function go(step: 1 | -1): boolean {
    const index = (place?.index ?? -1) + step;
    const draft = place?.draft ?? line;
    if (index < -1 || index >= history.length) return false;
    setPlace(index === -1 ? undefined : { index, draft });
    onChange(index === -1 ? draft : (history[index] ?? draft));
    return true;
  }

  return {
    leave: () => setPlace(undefined),
    onKeyDown(event) {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
      if (go(event.key === 'ArrowUp' ? 1 : -1)) event.preventDefault();
    },
  };
}
