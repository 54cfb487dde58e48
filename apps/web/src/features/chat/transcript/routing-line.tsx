import { UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { RoutingDecision } from '@parley/shared-models';
import { useId } from 'react';
import { hueStyle } from '../../../components/agent-hue.ts';
import { IconChevronDown } from '../../../components/icons.ts';
import { Candidates } from './candidates.tsx';
import classes from './routing-line.module.css';

/** The chosen agent, the confidence and the reason; opened, the other candidates. */
export function RoutingLine({ routing }: { routing: RoutingDecision }) {
  const [isOpen, { toggle }] = useDisclosure(false);
  const panelId = useId();
  return (
    <div className={classes.routing}>
      <UnstyledButton
        className={classes.line}
        aria-expanded={isOpen}
        aria-controls={panelId}
        onClick={toggle}
      >
        <span className={classes.to}>
          routed to{' '}
          <b className={classes.agent} style={hueStyle(routing.agentId)}>
            {routing.agentName}
          </b>
        </span>
        <span className={classes.confidence} title={`Confidence ${routing.confidence.toFixed(2)} of 1`}>
          {routing.confidence.toFixed(2)}
        </span>
        <span className={classes.reason}>{routing.reason}</span>
        <IconChevronDown className={classes.chevron} size={14} aria-hidden="true" />
      </UnstyledButton>
      <div id={panelId} hidden={!isOpen}>
        {isOpen ? <Candidates routing={routing} /> : null}
      </div>
    </div>
  );
}
