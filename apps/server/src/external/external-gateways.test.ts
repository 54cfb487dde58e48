import { describe, expect, it } from '@jest/globals';
import { type ExternalStatus, newId, type ServerFrame } from '@parley/shared-models';
import { createExternalGateways } from './external-gateways.ts';

function makeGateway(state: ExternalStatus['state'] = 'connected') {
  const frames: ServerFrame[] = [];
  const socket = { sendFrame: (frame: ServerFrame) => void frames.push(frame) };
  const status: ExternalStatus = {
    gatewayId: newId(),
    url: 'wss://friends.example/ws',
    state,
    since: '2026-01-31T09:30:00.000Z',
    ...{ reconnects: 0, received: 0, sent: 0, answered: 0, failed: 0, ignored: 0, queued: 0, kept: 0 },
  };
  const asked = (): string => {
    const frame = frames.at(-1);
    if (frame?.type !== 'external.send') throw new Error('nothing was asked');
    return frame.id;
  };
  return { socket, status, frames, asked };
}

describe('gateways to external servers', () => {
  it('are listed with their last report, the latest first, also when they are gone', () => {
    const gateways = createExternalGateways();
    const [one, other] = [makeGateway(), makeGateway('waiting')];
    gateways.report(one.socket, one.status);
    gateways.report(other.socket, other.status);
    gateways.report(one.socket, { ...one.status, received: 7 });
    gateways.left(other.socket);
    expect(gateways.list()).toMatchObject([
      { gatewayId: one.status.gatewayId, received: 7, isHere: true, reportedAt: expect.any(String) },
      { gatewayId: other.status.gatewayId, state: 'waiting', isHere: false },
    ]);
  });

  it('are forgotten when too many are gone, but never one that is there', () => {
    const gateways = createExternalGateways();
    const here = makeGateway();
    gateways.report(here.socket, here.status);
    for (let count = 0; count < 150; count++) {
      const gone = makeGateway();
      gateways.report(gone.socket, gone.status);
      gateways.left(gone.socket);
    }
    const list = gateways.list();
    expect(list.length).toBeLessThanOrEqual(101);
    expect(list.at(-1)).toMatchObject({ gatewayId: here.status.gatewayId, isHere: true });
  });

  it('are asked to send, and the sender waits for the outcome', async () => {
    const gateways = createExternalGateways();
    const { socket, status, frames, asked } = makeGateway();
    gateways.report(socket, status);
    const sent = gateways.send({ message: 'hello', userId: 'ada' });
    expect(frames).toEqual([{ type: 'external.send', id: asked(), text: 'hello', userId: 'ada' }]);
    gateways.sent(socket, { id: asked(), ok: true });
    expect(await sent).toEqual({ id: asked(), gatewayId: status.gatewayId });
  });

  it('say why they could not send', async () => {
    const gateways = createExternalGateways();
    const { socket, status, asked } = makeGateway();
    gateways.report(socket, status);
    const sent = gateways.send({ message: 'hello' });
    gateways.sent(socket, { id: asked(), ok: false, error: 'nobody is there' });
    await expect(sent).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('nobody is there'),
    });
  });

  it('cannot answer for one another', async () => {
    const gateways = createExternalGateways(50);
    const [one, other] = [makeGateway(), makeGateway()];
    gateways.report(one.socket, one.status);
    const sent = gateways.send({ message: 'hello' });
    gateways.sent(other.socket, { id: one.asked(), ok: true });
    await expect(sent).rejects.toMatchObject({ message: expect.stringContaining('in time') });
  });

  it('fail what waits for them when they go', async () => {
    const gateways = createExternalGateways();
    const { socket, status } = makeGateway();
    gateways.report(socket, status);
    const sent = gateways.send({ message: 'hello' });
    gateways.left(socket);
    await expect(sent).rejects.toMatchObject({ message: expect.stringContaining('went away') });
    await expect(gateways.send({ message: 'hello' })).rejects.toMatchObject({
      code: 'unavailable',
      message: 'No gateway is connected to this server.',
    });
  });

  it('are chosen by being connected, unless one is named', async () => {
    const gateways = createExternalGateways(50);
    const [connected, waiting] = [makeGateway(), makeGateway('waiting')];
    gateways.report(connected.socket, connected.status);
    gateways.report(waiting.socket, waiting.status);
    const outcomes = [
      gateways.send({ message: 'to any' }),
      gateways.send({ message: 'to that one', gatewayId: waiting.status.gatewayId }),
    ];
    expect(connected.frames).toMatchObject([{ text: 'to any' }]);
    expect(waiting.frames).toMatchObject([{ text: 'to that one' }]);
    await Promise.allSettled(outcomes);
    await expect(gateways.send({ message: 'hello', gatewayId: newId() })).rejects.toMatchObject({
      message: 'That gateway is not connected to this server.',
    });
  });
});
