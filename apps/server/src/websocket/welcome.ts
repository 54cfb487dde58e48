import { type ClientFrameOf, isAllowed, LIMITS, reportOf } from '@parley/shared-models';
import { languageModelOf } from '../agents/language-model-label.ts';
import { followOwn } from './frame-handlers.ts';
import type { Session } from './session.ts';

/** Answers `hello`: who is there, which agents there are, and what was missed in the conversations to resume. */
export function welcome(session: Session, hello: ClientFrameOf<'hello'>): void {
  const { agents, bus, logger } = session.services;
  session.sendFrame({
    type: 'welcome',
    connectionId: session.connectionId,
    user: session.user,
    serverTime: new Date().toISOString(),
    heartbeatMs: LIMITS.heartbeatMs,
    queue: bus.kind,
    languageModel: languageModelOf(agents.list()),
  });
  if (isAllowed(session.user, 'commands.read')) session.services.commandService.hub.attach(session);
  session.sendFrame({ type: 'agents', agents: agents.list(), isFull: true });
  for (const [conversationId, afterSeq] of Object.entries(hello.resume ?? {})) {
    // Each for itself: one that is gone must not keep the others from resuming.
    followOwn(session, conversationId, afterSeq).catch((error: unknown) => {
      logger.debug({ err: error, conversationId }, 'a conversation could not be resumed');
      session.sendFrame({ type: 'error', ...reportOf(error), inReplyTo: conversationId });
    });
  }
}
