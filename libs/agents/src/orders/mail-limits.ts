import type { AgentMemory } from '@parley/agent-kit';
import { shortHash } from '@parley/shared-models';
import { z } from 'zod';

/** Mails of one day, by the clock of the server in UTC. */
export interface MailLimits {
  /** Caused by orders of one person, to any address. */
  readonly person: number;
  /** To one address, ordered by any person. */
  readonly address: number;
  readonly all: number;
}

export const DAILY_LIMITS: MailLimits = { person: 20, address: 10, all: 500 };

const Count = z.object({ day: z.string(), count: z.number().int().nonnegative() });

/**
 * Counts a mail that is about to be sent. Returns whether it may be: a person must not have others mailed as often as they
 * like. The agents of one group share the counts. A person at the limit uses up nothing of the others' share.
 */
export async function takeMail(
  memory: AgentMemory,
  personId: string,
  address: string,
  limits: MailLimits,
): Promise<boolean> {
  const day = new Date().toISOString().slice(0, 10);
  const take = async (what: string, limit: number): Promise<boolean> => {
    const { count } = await memory.update(`mails:${what}`, Count, (before) => ({
      day,
      count: before?.day === day ? Math.min(before.count + 1, limit + 1) : 1,
    }));
    return count <= limit;
  };
  return (
    (await take(`person:${keyOf(personId)}`, limits.person)) &&
    (await take(`address:${keyOf(mailboxOf(address))}`, limits.address)) &&
    (await take('all', limits.all))
  );
}

/** The text for the person. */
export const limitReached = ({ person, address, all }: MailLimits): string =>
  `Order created. You will receive no email: the limit of mails for today is reached (${person} for one person, ${address} to one address, ${all} in all).`;

/** Their mailboxes have the same name with and without dots. */
const WITHOUT_DOTS = /^g(?:oogle)?mail\.com$/;

/**
 * The mailbox that an address leads to, as far as it can be told: `Ada+shop@Example.com` is `ada@example.com`, and
 * `a.d.a@googlemail.com` is `ada@gmail.com`.
 */
function mailboxOf(address: string): string {
  const [local = '', domain = ''] = address.toLowerCase().split(/@(?=[^@]*$)/);
  const name = local.replace(/\+.*$/, '');
  return WITHOUT_DOTS.test(domain) ? `${name.replaceAll('.', '')}@gmail.com` : `${name}@${domain}`;
}

/** Short, and of characters that a key may have, without two becoming one. */
const keyOf = (text: string): string => `${text.replace(/[^\w.@-]+/g, '-').slice(0, 80)}-${shortHash(text)}`;
