import { useEffect, useState } from 'react';
import { useSession } from '../../../session/use-session.ts';
import { createTerminalScreen, type TerminalScreen } from './terminal-screen.ts';

/** What the command printed and prints, from its beginning; undefined for the first moment. */
export function useTerminalScreen(commandId: string): TerminalScreen | undefined {
  const { commands } = useSession();
  const [screen, setScreen] = useState<TerminalScreen>();
  useEffect(() => {
    const next = createTerminalScreen({ schedule: (notify) => void requestAnimationFrame(notify) });
    const stopFollowing = commands.follow(commandId, ({ stream, data }) => next.write(stream, data));
    setScreen(next);
    return () => {
      stopFollowing();
      next.stop();
    };
  }, [commands, commandId]);
  return screen;
}
