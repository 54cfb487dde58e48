import { type AgentStatus, hasRole, type Role } from '@parley/shared-models';
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import type { AppModel } from './app-model.ts';
import type { AppState } from './app-state.ts';

const AppModelContext = createContext<AppModel | undefined>(undefined);
export const AppModelProvider = AppModelContext.Provider;

/** @throws Error outside `AppModelProvider` */
export function useAppModel(): AppModel {
  const model = useContext(AppModelContext);
  if (model === undefined) throw new Error('there is no AppModelProvider around this component');
  return model;
}

/** Renders again only when the selector returns another value (`Object.is`). */
export function useAppState<T>(selector: (state: AppState) => T): T {
  return useStore(useAppModel().store, selector);
}

const noAgents: readonly AgentStatus[] = [];
export const useAgents = (): readonly AgentStatus[] => useAppState(({ agents }) => agents ?? noAgents);
export const useIsConnected = (): boolean => useAppState(({ connection }) => connection.state === 'open');

/** Whether the person may write; true before the server has said so, since messages written meanwhile are kept. */
export function useMayWrite(): boolean {
  return useAppState(({ welcome }) => welcome === undefined || hasRole(welcome.user, 'member'));
}

/** Whether the person has this role, or one that includes it; false before the server has said so. */
export function useHasRole(role: Role): boolean {
  return useAppState(({ welcome }) => hasRole(welcome?.user, role));
}
