import type { AgentDefinition } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import { createRuleAgent } from '../../rules/rule-agent.ts';
import { readHandbook } from '../handbook.ts';
import { lookUpIn } from '../look-up.ts';
import { HR_ACTIONS } from './hr-actions.ts';
import { EMPTY_LEAVE, LeaveAccount } from './leave-account.ts';
import { HR_HELP, understandHr } from './understand-hr.ts';

/** Keeps leave days, answers from the handbook for employees. */
export function createHrAgent(model: LanguageModel): AgentDefinition {
  const handbook = readHandbook(new URL('../knowledge/hr/', import.meta.url));
  return createRuleAgent(
    {
      name: 'HR',
      description:
        'Human resources: keeps your leave days and answers questions of employees from the handbook',
      capabilities: ['leave', 'employment', 'working time'],
      keywords: [
        ...[
          'hr',
          'human resources',
          'employee',
          'employees',
          'leave',
          'vacation',
          'holiday',
          'holidays',
          'days off',
          'day off',
        ],
        ...[
          'sick',
          'sick note',
          'salary',
          'payslip',
          'overtime',
          'onboarding',
          'parental leave',
          'resign',
          'notice period',
        ],
        ...[
          'work from home',
          'home office',
          'working hours',
          'personnel',
          'colleague',
          'urlaub',
          'urlaubstage',
          'gehalt',
          'krank',
        ],
        // One word each.
        ...(
          'employment employed staff contract probation course courses seminar absence illness maternity paternity pregnant ' +
          'promotion harassment bereavement benefits handbook manager job jobs vacancy hiring recruiting badge lateness ' +
          'mitarbeiter elternzeit kündigung überstunden arbeitszeit personalabteilung krankmeldung bewerbung'
        ).split(' '),
        ...[
          'time off',
          'sick leave',
          'public holiday',
          'Christmas',
          "doctor's note",
          'unpaid leave',
          'first day',
          'remote work',
        ],
        ...(
          'appraisal mentoring discrimination complaint conflict pension retirement dismissal termination ' +
          'severance sabbatical childcare baby birth pregnancy wedding funeral disability visa relocation ' +
          'commute intern internship apprentice recruiter candidate interview referral wellbeing dresscode ' +
          'union'
        ).split(' '),
        ...[
          'work permit',
          'reference letter',
          'letter of employment',
          'health insurance',
          'fixed term',
          'works council',
          'team building',
          'company car',
        ],
        ...['performance review', 'part-time', 'open position', 'new colleague', 'working from home'],
      ],
      examples: [
        'I have 30 days of leave',
        'I take 5 days off in July',
        'How many leave days do I have left?',
        'I would like to take half a day off on Friday',
        'What do I do when I am sick?',
        'How do I request vacation?',
        'Can I work from home?',
        'When is the salary paid?',
        'How long is the notice period?',
        'I need to talk to human resources about a new employee',
        'How does parental leave work?',
        'My address has changed',
        'Wie viele Urlaubstage habe ich noch?',
        'Ich nehme fünf Tage Urlaub im Juli',
      ],
      holdsSession: true,
    },
    {
      remembered: { key: 'leave', schema: LeaveAccount, empty: EMPTY_LEAVE },
      actions: HR_ACTIONS,
      understand: understandHr,
      lookUp: lookUpIn(handbook, 'HR handbook'),
      notUnderstood: `I found nothing on that, neither in the handbook nor in my rules. ${HR_HELP}`,
      persona:
        'You are the human resources desk: warm, discreet, clear. You keep the person’s leave days and answer questions on leave, ' +
        'illness, working time and employment from the handbook, and cite its section.',
    },
    model,
  );
}
