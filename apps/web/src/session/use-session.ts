import { type AgentStatus, hasRole, type Role } from '@parley/shared-models';
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { Session } from './session.ts';
import type { SessionState } from './session-state.ts';

const SessionContext = createContext<Session | undefined>(undefined);
export const SessionProvider = SessionContext.Provider;

/** @throws Error outside `SessionProvider` */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('there is no SessionProvider around this component');
  return session;
}

/** Renders again only when what the selector gives is another value (`Object.is`). */
export function useSessionState<T>(selector: (state: SessionState) => T): T {
  return useStore(useSession().store, selector);
}

const noAgents: readonly AgentStatus[] = [];
export const useAgents = (): readonly AgentStatus[] => useSessionState(({ agents }) => agents ?? noAgents);
export const useIsConnected = (): boolean => useSessionState(({ connection }) => connection.state === 'open');

/** Whether the person may write; true before the server has said so: what is written meanwhile is kept. */
export function useMayWrite(): boolean {
  return useSessionState(({ welcome }) => welcome === undefined || hasRole(welcome.user, 'member'));
}

/** Whether the person has this role, or one that includes it; false before the server has said so. */
export function useHasRole(role: Role): boolean {
  return useSessionState(({ welcome }) => hasRole(welcome?.user, role));
}
