import type { CallerKind } from './contract.ts';
import { CONTRACTS } from './index.ts';

interface Rpc {
  readonly service: string;
  readonly rpc: string;
  readonly caller: CallerKind;
}

export const pathOf = ({ service, rpc }: Pick<Rpc, 'service' | 'rpc'>): string =>
  `/parley.v1.${service}/${rpc}`;

const byPath = new Map<string, Rpc>(Object.values(CONTRACTS).map((contract) => [pathOf(contract), contract]));

/** The contract of an RPC; undefined for one that is not Parley's own. @param path as gRPC writes it */
export const contractAt = (path: string): Rpc | undefined => byPath.get(path);
