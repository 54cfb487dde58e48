import type { RoutingDecision } from '@parley/shared-models';
import { hueStyle } from '../../../components/agent-hue.ts';
import classes from './routing-line.module.css';

const STRATEGY: Record<RoutingDecision['strategy'], string> = {
  target: 'You named the agent',
  mention: 'The text names the agent',
  session: 'The conversation is with this agent',
  keywords: 'By the words of the message',
  classifier: 'By what people ask the agents',
  'language-model': 'By a language model',
  'least-loaded': 'The agent with the least to do',
  default: 'The agent for everything else',
};

/** All candidates, the best first, and the strategy that made the choice. */
export function Candidates({ routing }: { routing: RoutingDecision }) {
  const { strategy, agentId, reason } = routing;
  // Candidates without any confidence are only named.
  const candidates = routing.candidates.filter((each) => each.confidence > 0 || each.agentId === agentId);
  const others = routing.candidates.filter((each) => !candidates.includes(each));
  return (
    <div className={classes.candidates}>
      <p className={classes.strategy}>
        {STRATEGY[strategy]}: {reason}
      </p>
      <ol className={classes.list}>
        {candidates.map((candidate) => (
          <li
            key={candidate.agentId}
            style={hueStyle(candidate.agentId)}
            data-chosen={candidate.agentId === agentId || undefined}
          >
            <span className={classes.candidate}>{candidate.agentName}</span>
            <meter
              className={classes.meter}
              min={0}
              max={1}
              value={candidate.confidence}
              aria-label={`Confidence of ${candidate.agentName}`}
            />
            <span className={classes.value}>{candidate.confidence.toFixed(2)}</span>
          </li>
        ))}
      </ol>
      {others.length === 0 ? null : (
        <p className={classes.others}>0.00 for {others.map(({ agentName }) => agentName).join(', ')}</p>
      )}
    </div>
  );
}
