import type { ChannelName } from '@parley/shared-models';
import { useEffect } from 'react';
import { useAppModel, useAppState } from './use-app-model.ts';

const all: readonly ChannelName[] = ['human', 'agents'];
const human: readonly ChannelName[] = ['human'];
const none: readonly ChannelName[] = [];

/** The channels that this person may follow; the server decides by the same roles. */
export function useOwnChannels(): readonly ChannelName[] {
  const roles = useAppState(({ welcome }) => welcome?.user.roles);
  if (roles?.some((role) => role === 'operator' || role === 'admin') === true) return all;
  return roles?.includes('member') === true ? human : none;
}

/** Follows the channels while the component is mounted. @returns the channels */
export function useChannels(): readonly ChannelName[] {
  const model = useAppModel();
  const channels = useOwnChannels();
  useEffect(() => {
    const ends = channels.map((channel) => model.channels.follow(channel));
    return () => {
      for (const end of ends) end();
    };
  }, [model, channels]);
  return channels;
}
