import type { CommandContext, CommandOutcome, EventContext, MessageContext } from '@parley/agent-kit';
import { type AgentFrame, type CommandEnd, snakeCase } from '@parley/control-plane';
import { ParleyError } from '@parley/shared-models';
import type { Work } from './work.ts';

/** A wrong frame of the agent itself, or a failure that the agent calls final. */
export class AgentFault extends ParleyError {}

/** @returns Error where the agent says no code: then it is tried again */
function failureOf({ malformed, failed }: AgentFrame): Error | undefined {
  if (malformed !== undefined) return wrong(malformed.path, malformed.message);
  if (failed === undefined) return undefined;
  const error =
    failed.code === undefined ? new Error(failed.message) : new AgentFault(failed.code, failed.message);
  // Where it was thrown is not here.
  error.stack = `${error.name}: ${error.message}`;
  return error;
}

function wrong(path: string, message: string): AgentFault {
  return new AgentFault('agent_failed', `The agent's answer is wrong: ${message}`, { details: { path } });
}

/** The field of a frame that does not belong there. */
function misplaced(frame: AgentFrame, where: string): AgentFault {
  const [name = 'frame'] = Object.keys(frame).filter((key) => key !== 'work');
  const field = snakeCase(name);
  return wrong(field, `${field}: not for ${where}`);
}

/** The agent's next frame about a work. @throws Error when the work is stopped */
async function nextFrame(work: Work): Promise<AgentFrame> {
  const frame = await work.next();
  if (frame === undefined) throw new Error('the work was stopped');
  const failure = failureOf(frame);
  if (failure !== undefined) throw failure;
  return frame;
}

export async function answerMessage(work: Work, context: MessageContext): Promise<void> {
  for (;;) {
    let frame = await nextFrame(work);
    if (frame.typing !== undefined) {
      context.typing(frame.typing);
      continue;
    }
    if (frame.piece !== undefined) {
      const last = await streamPieces(work, context, frame.piece);
      // Stopped: the text shown so far is the reply.
      if (last === undefined) return;
      frame = last;
    } else if (frame.reply !== undefined) {
      await context.reply(textFor(frame.reply), frame.reply.metadata);
    }
    if (frame.done !== undefined || (frame.reply !== undefined && frame.reply.more !== true)) return;
    if (frame.reply === undefined) throw misplaced(frame, 'a message');
  }
}

function textFor({ text, inReplyTo }: NonNullable<AgentFrame['reply']>): string {
  if (inReplyTo === undefined) return text;
  throw wrong('reply.in_reply_to', 'reply.in_reply_to: not for a message');
}

/** Shows the pieces until a frame ends the reply, and resolves with that frame; undefined: the person has stopped it. */
async function streamPieces(
  work: Work,
  context: MessageContext,
  first: string,
): Promise<AgentFrame | undefined> {
  let last: AgentFrame | undefined;
  const pieces = async function* (): AsyncGenerator<string> {
    yield first;
    while (last === undefined) {
      const frame = await nextFrame(work);
      if (frame.piece !== undefined) yield frame.piece;
      else if (frame.typing !== undefined) context.typing(frame.typing);
      else {
        if (frame.reply === undefined && frame.done === undefined) throw misplaced(frame, 'a message');
        last = frame;
        if (frame.reply !== undefined) yield textFor(frame.reply);
      }
    }
  };
  await context.stream(pieces(), () => last?.reply?.metadata ?? {});
  // The text was cut off at its limit: the agent's further text is dropped.
  while (last === undefined && !context.signal.aborted) {
    const frame = await nextFrame(work);
    if (frame.reply !== undefined || frame.done !== undefined) last = frame;
  }
  return last;
}

export async function handleEvent(work: Work, context: EventContext): Promise<void> {
  for (;;) {
    const frame = await nextFrame(work);
    if (frame.done !== undefined) return;
    if (frame.reply === undefined) throw misplaced(frame, 'an event');
    const { text, inReplyTo, metadata, more } = frame.reply;
    if (inReplyTo === undefined) throw wrong('reply.in_reply_to', 'reply.in_reply_to: the id of a message');
    if (metadata !== undefined) throw wrong('reply.metadata', 'reply.metadata: not for an event');
    await context.reply(text, { messageId: inReplyTo });
    if (!more) return;
  }
}

export async function takeCommand(work: Work, context: CommandContext): Promise<CommandOutcome> {
  for (;;) {
    const frame = await nextFrame(work);
    if (frame.commandEnd !== undefined) return outcomeOf(frame.commandEnd);
    if (frame.output === undefined) throw misplaced(frame, 'a command');
    // It has its turn. That it was stopped meanwhile is heard by its signal.
    await context.begin().catch(() => undefined);
    context.output[frame.output.stream](frame.output.data);
  }
}

function outcomeOf({
  exitCode,
  signal,
  errorMessage,
  refusedBy,
  awaitsApprovalBy,
  isTruncated,
}: CommandEnd): CommandOutcome {
  if (typeof refusedBy === 'string') return { refusedBy, errorMessage: errorMessage ?? 'It is refused.' };
  if (typeof awaitsApprovalBy === 'string') return { awaitsApprovalBy };
  return {
    ...(typeof exitCode === 'number' ? { exitCode } : {}),
    ...(signal === undefined ? {} : { signal }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    isTruncated: isTruncated === true,
  };
}
