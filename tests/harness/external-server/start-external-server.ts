import { once } from 'node:events';
import path from 'node:path';
import { WebSocket } from 'ws';
import { startProcess } from '../parley-process.ts';
import type { Command, Happening } from './control.ts';

/** An external WebSocket server in a process that the gateway did not start. */
export interface ExternalServer {
  readonly port: number;
  readonly happenings: readonly Happening[];
  /** The texts of all frames that it received. */
  readonly received: readonly string[];
  /** Resolves when it was done. */
  tell(command: Command): Promise<void>;
  /** The first thing that fits, past or future, that no earlier call took. */
  take<E extends Happening['event']>(
    event: E,
    fits?: (happening: Extract<Happening, { event: E }>) => boolean,
  ): Promise<Extract<Happening, { event: E }>>;
  /** Takes a received frame that is JSON. */
  takeJson(fits?: (frame: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>;
  kill(): Promise<void>;
}

/** A test that waits longer for something says what came instead. */
const TAKE_MS = 25_000;

/** @param port to be on the same one again after a kill. @default a free one */
export async function startExternalServer(port = 0): Promise<ExternalServer> {
  const process = startProcess(
    'external server',
    { PORT: String(port) },
    [],
    path.join(import.meta.dirname, 'main.ts'),
  );
  const line = await process.logged(({ msg }) => msg === 'listening');
  const control = new WebSocket(`ws://127.0.0.1:${line.port}/control`);
  const happenings: Happening[] = [];
  const untaken: Happening[] = [];
  const waiting = new Set<() => void>();
  control.on('message', (data) => {
    const happening = JSON.parse(data.toString()) as Happening;
    happenings.push(happening);
    untaken.push(happening);
    for (const look of [...waiting]) look();
  });
  await once(control, 'open');
  control.on('error', () => control.terminate());

  const take: ExternalServer['take'] = (event, fits = () => true) => {
    type Wanted = Extract<Happening, { event: typeof event }>;
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`no "${event}" that fits among ${JSON.stringify(untaken)}`));
      }, TAKE_MS);
      const look = (): void => {
        const index = untaken.findIndex((one) => one.event === event && fits(one as Wanted));
        if (index < 0) return;
        clearTimeout(late);
        waiting.delete(look);
        resolve(untaken.splice(index, 1)[0] as Wanted);
      };
      waiting.add(look);
      look();
    });
  };

  return {
    port: Number(line.port),
    happenings,
    get received() {
      return happenings.flatMap((one) => (one.event === 'received' ? [one.data] : []));
    },
    async tell(command) {
      control.send(JSON.stringify(command));
      await take('done');
    },
    take,
    async takeJson(fits = () => true) {
      const { data } = await take('received', ({ data }) => {
        const frame = asObject(data);
        return frame !== undefined && fits(frame);
      });
      return asObject(data) ?? {};
    },
    async kill() {
      control.terminate();
      await process.kill();
    },
  };
}

function asObject(text: string): Record<string, unknown> | undefined {
  return text.startsWith('{') ? (JSON.parse(text) as Record<string, unknown>) : undefined;
}
