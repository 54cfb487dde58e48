import { describe, expect, it } from '@jest/globals';
import { createQuietConversations } from './quiet-conversations.ts';

describe('conversations of the gateway', () => {
  it('are left when too many are quiet, those first that were quiet longest', () => {
    const left: string[] = [];
    const conversations = createQuietConversations(2, (id) => left.push(id));
    for (const id of ['a', 'b', 'c', 'd']) conversations.began(id);
    for (const id of ['b', 'a', 'c']) conversations.ended(id);
    expect(left).toEqual(['b']);
    conversations.ended('d');
    expect(left).toEqual(['b', 'a']);
  });

  it('are not left while an answer is awaited there', () => {
    const left: string[] = [];
    const conversations = createQuietConversations(0, (id) => left.push(id));
    conversations.began('a');
    conversations.began('a');
    conversations.ended('a');
    expect(left).toEqual([]);
    conversations.ended('a');
    expect(left).toEqual(['a']);
  });
});
