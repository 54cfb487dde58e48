import type { TaskDetail } from '@parley/shared-models';
import { CopyButton } from '../../components/copy-button.tsx';
import { Details } from '../../components/details.tsx';
import { durationText } from '../../components/format-time.ts';
import {
  IconCircleCheckFilled,
  IconCircleDashed,
  IconCircleMinus,
  IconCircleX,
  IconProgress,
} from '../../components/icons.ts';
import { indentedJson } from '../../components/json-text.ts';
import { LongText } from '../../components/long-text.tsx';
import { ScrollRegion } from '../../components/scroll-region.tsx';
import { stepStateText } from '../../components/task-words.ts';
import { useAgents } from '../../model/use-app-model.ts';
import classes from './plan-view.module.css';
import { elapsed } from './step-time.ts';

type Step = TaskDetail['plan'][number];

const icons = {
  pending: IconCircleDashed,
  running: IconProgress,
  done: IconCircleCheckFilled,
  failed: IconCircleX,
  cancelled: IconCircleMinus,
};

interface Props {
  readonly step: Step;
  /** The last progress report of the executing agent. */
  readonly said: { readonly text: string; readonly agentId: string } | undefined;
  readonly now: number;
}

/** One step: its state, agent, duration and result. */
export function StepCard({ step, said, now }: Props) {
  const { state, title, attempt, maxAttempts, summary, error, result } = step;
  const Icon = icons[state];
  const agentId = state === 'running' ? (said?.agentId ?? step.agentId) : step.agentId;
  const name = useAgents().find((agent) => agent.agentId === agentId)?.agentName ?? agentId ?? step.group;
  const took = elapsed(step.startedAt, step.endedAt, now);
  const facts = [
    stepStateText(state),
    ...(name === undefined ? [] : [name]),
    ...(took === undefined || state === 'pending' ? [] : [durationText(took)]),
    ...(attempt > 1 ? [`attempt ${attempt} of ${maxAttempts}`] : []),
  ];
  return (
    <li className={classes.step} data-state={state}>
      <p className={classes.title}>
        <Icon className={classes.icon} size={16} aria-hidden="true" />
        <span>{title}</span>
      </p>
      <p className={classes.facts}>{facts.join(' · ')}</p>
      {state === 'running' && said !== undefined && said.text !== '' ? (
        <p className={classes.said}>{said.text}</p>
      ) : null}
      {error === undefined ? null : <p className={classes.error}>{error.message}</p>}
      {result === undefined || step.kind === 'aggregate' ? null : (
        <Details className={classes.result} summary={<summary>{summary ?? 'Result'}</summary>}>
          {() => <Result title={title} text={indentedJson(JSON.stringify(result))} />}
        </Details>
      )}
    </li>
  );
}

function Result({ title, text }: { title: string; text: string }) {
  return (
    <>
      <div className={classes.resultHead}>
        result
        <CopyButton text={text} label="Copy the result" />
      </div>
      <ScrollRegion className={classes.body} label={`Result of ${title}`}>
        <pre>
          <LongText text={text} />
        </pre>
      </ScrollRegion>
    </>
  );
}
