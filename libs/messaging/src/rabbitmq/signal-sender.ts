import type { Channel } from 'amqplib';
import type { Signal } from '../message-bus.ts';
import { SIGNAL_EXCHANGE } from '../topology.ts';
import { toBuffer } from './envelope-properties.ts';

export interface SignalSender {
  signal(signal: Signal): void;
  attach(channel: Channel): void;
  detach(): void;
  setBlocked(isBlocked: boolean): void;
}

/** Sends without confirm, and drops signals that cannot go out at once. */
export function createSignalSender(): SignalSender {
  let channel: Channel | undefined;
  let isWritable = false;
  let isBlocked = false;
  return {
    signal: ({ type, key, body }) => {
      if (channel === undefined || !isWritable || isBlocked) return;
      const properties = { type, contentType: 'application/json', persistent: false };
      isWritable = channel.publish(SIGNAL_EXCHANGE, key, toBuffer(body), properties);
    },
    attach: (fresh) => {
      channel = fresh;
      isWritable = true;
      isBlocked = false;
      fresh.on('drain', () => {
        isWritable = true;
      });
    },
    detach: () => {
      channel = undefined;
    },
    setBlocked: (blocked) => {
      isBlocked = blocked;
    },
  };
}
