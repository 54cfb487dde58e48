import type { Conversation } from '@parley/shared-models';

/** All that somebody's conversations hold, read from the first one on, a page at a time. Errors as in `Store`. */
export interface TranscriptStore {
  /**
   * In the order of their ids, which is that in which they began where clients keep to the protocol. This order never
   * changes: a write meanwhile makes no conversation come twice or not at all.
   * @param options.afterId those after this one. @default from the first on
   */
  conversationsOf(
    ownerId: string,
    options: { limit: number; afterId?: string | undefined },
  ): Promise<Conversation[]>;
}
