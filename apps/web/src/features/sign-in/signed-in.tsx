import { type ReactNode, useState } from 'react';
import { useSessionState } from '../../session/use-session.ts';
import { SignInPage } from './sign-in-page.tsx';

/** The page, once the server knows who is there. What was shown before a token ran out stays, and comes back. */
export function SignedIn({ children }: { children: ReactNode }) {
  const connection = useSessionState((state) => state.connection);
  const isRefused = connection.state === 'closed' && connection.reason === 'unauthenticated';
  const [isNeeded, setIsNeeded] = useState(isRefused);
  // Not while the next token is being tried: the page behind would flash up.
  if (isRefused && !isNeeded) setIsNeeded(true);
  if (connection.state === 'open' && isNeeded) setIsNeeded(false);
  return isNeeded ? <SignInPage /> : children;
}
