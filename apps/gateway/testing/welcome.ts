import { newId, type ServerFrameOf } from '@parley/shared-models';

/** The server's welcome to the gateway. */
export const welcome: ServerFrameOf<'welcome'> = {
  type: 'welcome',
  connectionId: newId(),
  user: { id: 'bridge', name: 'Bridge', roles: ['operator'] },
  serverTime: '2026-01-31T09:30:00.000Z',
  heartbeatMs: 30_000,
  queue: 'embedded',
  languageModel: 'offline rules',
};
