import type { TaskDetail } from '@parley/shared-models';
import { Entry } from '../../components/error-boundary.tsx';
import { useAppState } from '../../model/use-app-model.ts';
import classes from './plan-view.module.css';
import { roundsOf } from './stages.ts';
import { StepCard } from './step-card.tsx';
import { useServerNow } from './step-time.ts';

const nothing = {};

/** The plan stage by stage; steps that run at the same time are side by side. */
export function PlanView({ task }: { task: TaskDetail }) {
  const isRunning = task.plan.some(({ state }) => state === 'running');
  const now = useServerNow(isRunning);
  const progress = useAppState(({ stepProgress }) => stepProgress[task.id] ?? nothing) as Readonly<
    Record<string, { text: string; agentId: string }>
  >;
  const rounds = roundsOf(task.plan);
  if (rounds.length === 0) {
    return (
      <p className={classes.none}>
        {task.state === 'PLANNING' ? 'The steps are being found …' : 'No step was planned.'}
      </p>
    );
  }
  return rounds.map(({ round, stages }) => (
    <section key={round} className={classes.round} aria-label={`Round ${round}`}>
      {rounds.length > 1 ? (
        <p className={classes.wish}>
          <span>{round === 1 ? 'First' : `Refinement ${round - 1}`}</span>
          {task.rounds.find((each) => each.round === round)?.text}
        </p>
      ) : null}
      <ol className={classes.stages}>
        {stages.map((stage) => (
          <li key={stage[0]?.id} className={classes.stage}>
            <ul className={classes.steps}>
              {stage.map((step) => (
                <Entry key={step.id} name="A step" isListItem>
                  <StepCard step={step} said={progress[step.id]} now={now} />
                </Entry>
              ))}
            </ul>
          </li>
        ))}
      </ol>
    </section>
  ));
}
