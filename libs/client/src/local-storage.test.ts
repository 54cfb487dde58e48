import { afterEach, describe, expect, it } from '@jest/globals';
import { newId } from '@parley/shared-models';
import { createFakeStorage } from '../testing/fake-storage.ts';
import { localStorageAdapter } from './local-storage.ts';
import type { QueuedMessage } from './outbox.ts';

const message = (): QueuedMessage => ({
  position: newId(),
  frame: { type: 'message.send', id: newId(), conversationId: newId(), text: 'hi' },
});

describe('messages in localStorage', () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'localStorage');

  const setGlobal = (descriptor: PropertyDescriptor) =>
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, ...descriptor });

  afterEach(() => {
    if (before === undefined) Reflect.deleteProperty(globalThis, 'localStorage');
    else Object.defineProperty(globalThis, 'localStorage', before);
  });

  it('outlive the adapter that saved them', () => {
    const storage = createFakeStorage();
    const saved = message();
    localStorageAdapter({ storage }).save(saved);
    expect(localStorageAdapter({ storage }).load()).toEqual([saved]);
  });

  it('of one namespace are not seen in another, nor is anything else in the storage', () => {
    const storage = createFakeStorage();
    storage.setItem('theme', 'dark');
    const [ada, bob] = ['ada', 'bob'].map((namespace) => localStorageAdapter({ storage, namespace }));
    ada?.save(message());
    expect(bob?.load()).toEqual([]);
    expect(ada?.load()).toHaveLength(1);
  });

  it('are removed one by one', () => {
    const storage = createFakeStorage();
    const adapter = localStorageAdapter({ storage });
    const [gone, kept] = [message(), message()];
    adapter.save(gone);
    adapter.save(kept);
    adapter.remove(gone.frame.id);
    adapter.remove(gone.frame.id);
    expect(adapter.load()).toEqual([kept]);
  });

  it('are handed over as they are when somebody else has written over them', () => {
    const storage = createFakeStorage();
    storage.setItem('parley:outbox:x', 'not JSON');
    expect(localStorageAdapter({ storage }).load()).toEqual(['not JSON']);
  });

  it('are kept in the storage of the browser when none is passed', () => {
    const storage = createFakeStorage();
    setGlobal({ value: storage });
    localStorageAdapter().save(message());
    expect(storage.length).toBe(1);
  });

  it('are refused where the browser forbids its storage, but only when it is used', () => {
    setGlobal({
      get() {
        throw new DOMException('cookies are blocked', 'SecurityError');
      },
    });
    const adapter = localStorageAdapter();
    expect(() => adapter.load()).toThrow('cookies are blocked');
  });
});
