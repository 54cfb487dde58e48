import {
  type ErrorReport,
  isTerminal,
  MessageText,
  ParleyError,
  type ServerFrame,
  type ServerFrameOf,
} from '@parley/shared-models';
import { z } from 'zod';

/** A frame of a client of `/ws/:userId`. */
export const UserMessage = z.object({
  type: z.literal('message'),
  message: MessageText,
  /** The client's own time, in any shape: the server's counts. */
  timestamp: z.unknown().optional(),
});

/** A frame to that client. `agent`: the name; `timestamp`: ISO 8601; `code`: one of Parley's error codes. */
export type UserFrame =
  | {
      readonly type: 'message';
      readonly message: string;
      readonly agent: string;
      readonly timestamp: string;
    }
  | { readonly type: 'typing'; readonly is_typing: boolean }
  | {
      readonly type: 'error';
      readonly code: string;
      readonly message: string;
      readonly timestamp: string;
    };

/** The text of a message: of a frame, or a text that is no JSON as it is. @throws ParleyError `invalid_json`, `invalid_frame` */
export function parseUserMessage(frame: string): string {
  if (!/^\s*[{[]/.test(frame)) return checked(MessageText.safeParse(frame), 'the text');
  let json: unknown;
  try {
    json = JSON.parse(frame);
  } catch (cause) {
    throw new ParleyError('invalid_json', 'The frame is neither JSON nor a plain text.', { cause });
  }
  return checked(UserMessage.safeParse(json), 'the frame').message;
}

function checked<T>(parsed: z.ZodSafeParseResult<T>, what: string): T {
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  throw new ParleyError('invalid_frame', `${path === '' ? what : path}: ${issue?.message ?? 'invalid'}`, {
    details: { path },
  });
}

export const errorFrame = ({ code, message }: Pick<ErrorReport, 'code' | 'message'>): UserFrame => ({
  type: 'error',
  code,
  message,
  timestamp: new Date().toISOString(),
});

/** Translates the frames of the conversation; frames without a counterpart are left out. */
export function createTranslation(): (frame: ServerFrame) => UserFrame[] {
  let isTyping = false;

  const typing = (next: boolean): UserFrame[] => {
    if (next === isTyping) return [];
    isTyping = next;
    return [{ type: 'typing', is_typing: next }];
  };

  const said = ({
    kind,
    sender,
    text,
    createdAt,
    metadata,
  }: ServerFrameOf<'message'>['message']): UserFrame[] => {
    if (kind === 'REPLY')
      return [...typing(false), { type: 'message', message: text, agent: sender.name, timestamp: createdAt }];
    if (kind !== 'ERROR') return [];
    const code = String(metadata?.code ?? 'internal');
    return [...typing(false), { type: 'error', code, message: text, timestamp: createdAt }];
  };

  return (frame) => {
    switch (frame.type) {
      case 'message':
        return said(frame.message);
      case 'message.delta':
        return typing(true);
      case 'message.status':
        if (isTerminal(frame.status)) return typing(false);
        return typing(isTyping || frame.status === 'delivered');
      case 'typing':
        return frame.by.kind === 'agent' ? typing(frame.isTyping) : [];
      default:
        return [];
    }
  };
}
