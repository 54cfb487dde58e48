import { ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { ParleyError } from '@parley/shared-models';
import { contractAt } from '../contracts/paths.ts';
import { statusOf } from '../wire/error-status.ts';

/** Whether any peer that reaches the port may make the call: it needs no credential. */
const isOpen = (path: string): boolean =>
  path.startsWith('/grpc.health.v1.Health/') || contractAt(path)?.caller === 'anybody';
/** So many seconds' worth at once: a host with 500 agents that begin together has room. */
const BURST_SECONDS = 10;
/** Addresses that are remembered; with more the one that called longest ago is forgotten. */
const REMEMBERED = 10_000;

/** Refuses open calls of one address beyond their rate, before anything of them is read. */
export function limitOpenCalls(perSecond: number): ServerInterceptor {
  const burst = perSecond * BURST_SECONDS;
  const calls = new Map<string, { left: number; at: number }>();
  const mayCall = (address: string): boolean => {
    const now = performance.now();
    const { left, at } = calls.get(address) ?? { left: burst, at: now };
    const refilled = Math.min(burst, left + ((now - at) * perSecond) / 1000);
    calls.delete(address);
    calls.set(address, { left: Math.max(0, refilled - 1), at: now });
    if (calls.size > REMEMBERED) calls.delete(calls.keys().next().value ?? '');
    return refilled >= 1;
  };
  return (method, call) => {
    if (!isOpen(method.path) || mayCall(call.getPeer().replace(/:\d+$/, '')))
      return new ServerInterceptingCall(call);
    const refusal = statusOf(
      new ParleyError('rate_limited', 'Too many calls from this address: try again later.'),
    );
    return new ServerInterceptingCall(call, {
      start() {
        call.sendStatus(refusal);
      },
    });
  };
}
