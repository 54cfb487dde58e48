import { describe, expect, it } from '@jest/globals';
import { type MessageStatus, newId } from '@parley/shared-models';
import { type Draft, draftsIn, withoutDrafts, withPieces } from './drafts.ts';

const conversationId = newId();
const messageId = newId();
const inReplyTo = newId();
const piece = (index: number, text: string) =>
  ({ type: 'message.delta', messageId, conversationId, agentId: 'echo', inReplyTo, index, text }) as const;

describe('a reply while it is being written', () => {
  it('grows by its pieces', () => {
    const begun = withPieces({}, [piece(0, 'You '), piece(1, 'have ')]);
    const drafts = withPieces(begun, [piece(2, '1,200 €')]);
    expect(drafts[messageId]).toMatchObject({ conversationId, inReplyTo, text: 'You have 1,200 €' });
  });

  it('has an ellipsis where this page was not there to hear it', () => {
    const late = withPieces({}, [piece(3, 'have '), piece(4, '1,200')]);
    expect(late[messageId]?.text).toBe('… have 1,200');
    expect(withPieces(late, [piece(9, 'left.')])[messageId]?.text).toBe('… have 1,200… left.');
  });

  it('is complete again for a reader who opens it late or has missed a part', () => {
    const whole = { ...piece(5, 'You have 1,200'), from: 0 };
    expect(withPieces({}, [whole, piece(6, ' €')])[messageId]?.text).toBe('You have 1,200 €');
    const torn = withPieces({}, [piece(3, 'have ')]);
    expect(withPieces(torn, [whole, piece(6, ' €')])[messageId]?.text).toBe('You have 1,200 €');
  });

  it('has an ellipsis in place of a missed beginning', () => {
    const late = { ...piece(5, 'have 1,200'), from: 2 };
    expect(withPieces({}, [late, piece(6, ' €')])[messageId]?.text).toBe('… have 1,200 €');
  });

  it('goes when it is over', () => {
    const drafts = withPieces({}, [piece(0, 'You ')]);
    expect(withoutDrafts(drafts, () => false)).toBe(drafts);
    expect(withoutDrafts(drafts, (draft) => draft.messageId === messageId)).toEqual({});
  });

  const draft: Draft = { messageId, conversationId, agentId: 'echo', inReplyTo, text: '1 2', nextIndex: 2 };

  it.each([
    ['routed', true],
    // A further answer to the same message.
    ['answered', true],
    ['failed', false],
  ] as const)('to a message that is %s is shown: %s', (status, isShown) => {
    const known: MessageStatus = { messageId: inReplyTo, conversationId, status, hops: [] };
    expect(draftsIn({ [messageId]: draft }, conversationId, { [inReplyTo]: known })).toEqual(
      isShown ? [draft] : [],
    );
  });

  it('that answers nothing that is known is shown', () => {
    const { inReplyTo: _, ...unasked } = draft;
    expect(draftsIn({ [messageId]: unasked }, conversationId)).toEqual([unasked]);
    expect(draftsIn({ [messageId]: draft }, conversationId, {})).toEqual([draft]);
  });

  it('is not shown in another conversation', () => {
    expect(draftsIn({ [messageId]: draft }, newId())).toEqual([]);
  });
});
