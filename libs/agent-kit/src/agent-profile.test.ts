import { hostname } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { CAPABILITIES } from '@parley/shared-models';
import { type AgentDefinition, defineAgent } from './agent-definition.ts';
import { ownIdOf, profileOf } from './agent-profile.ts';

const onMessage = (): string => 'yes';

describe('the profile of an agent', () => {
  it('needs a name only', () => {
    expect(profileOf(defineAgent({ name: 'Help Desk', onMessage }))).toEqual({
      name: 'Help Desk',
      group: 'help-desk',
      description: '',
      capabilities: [],
      keywords: [],
      examples: [],
      concurrency: 4,
    });
  });

  it('says all that the definition does', () => {
    const said = {
      name: 'Finance',
      group: 'money',
      description: 'Budgets',
      capabilities: ['budgets'],
      keywords: ['budget'],
      examples: ['What is left?'],
      concurrency: 2,
    };
    expect(profileOf({ ...said, onMessage })).toEqual(said);
  });

  it('has the name that it was given on the command line, and the group of that', () => {
    expect(profileOf({ name: 'Echo', onMessage }, { name: 'Second Echo' })).toMatchObject({
      name: 'Second Echo',
      group: 'second-echo',
    });
    expect(profileOf({ name: 'Echo', group: 'echo', onMessage }, { name: 'Second Echo' }).group).toBe('echo');
  });

  it('says which events its group takes: the server gives it the past of no others', () => {
    const subscriptions = [
      { channel: 'human', types: ['note'], replayLast: 3 },
      { channel: 'human', types: [] },
      { channel: 'agents' },
    ] as const;
    expect(profileOf({ name: 'Echo', subscriptions, onMessage, onEvent: () => {} }).subscriptions).toEqual([
      { channel: 'human', types: ['note'], replayLast: 3 },
      { channel: 'agents', types: [] },
    ]);
  });

  it('says where it executes commands, and wants an id that says so too', () => {
    const shell = profileOf({ name: 'Shell', capabilities: [CAPABILITIES.executesCommands], onMessage });
    expect(shell.host).toBe(hostname());
    expect(ownIdOf({ name: 'Shell', host: 'web-1.example' })).toBe('shell-web-1-example');
    expect(ownIdOf(profileOf({ name: 'Help Desk', onMessage }))).toBe('help-desk');
  });

  it('is refused with the field that is wrong', () => {
    expect(() => profileOf({ name: 'Echo', concurrency: 0, onMessage })).toThrow(/concurrency/);
  });

  it.each<[string, object, RegExp]>([
    ['has no onMessage', { onMessage: undefined }, /onMessage/],
    ['has an onMessage that is no function', { onMessage: 'hello' }, /onMessage[\s\S]*must be a function/],
    ['has a field that no agent has', { onMesage: onMessage }, /Unrecognized key: [\s\S]*onMesage/],
    ['has a number as name', { name: 42 }, /name/],
    ['has no attempts', { attempts: 0 }, /attempts/],
    ['has a text as attempts', { attempts: '2' }, /attempts/],
    ['has a time that is not a number', { timeoutMs: Number.NaN }, /timeoutMs/],
    [
      'subscribes to a channel that there is not',
      { subscriptions: [{ channel: 'x' }], onEvent() {} },
      /channel/,
    ],
    ['subscribes without onEvent', { subscriptions: [{ channel: 'human' }] }, /onEvent/],
    ['has events that are no schemas', { events: { made: 'x' } }, /made[\s\S]*must be a zod schema/],
    ['has tasks without plan', { tasks: {} }, /`plan`/],
    ['has commands without number', { commandConcurrency: 'many' }, /commandConcurrency/],
  ])('is refused with the name of the wrong field when it %s', (_what, wrong, named) => {
    expect(() => profileOf({ name: 'Echo', onMessage, ...wrong } as AgentDefinition)).toThrow(named);
  });

  it('may be an object of a class with further fields', () => {
    class Counting {
      readonly name = 'Counting';
      count = 0;
      onMessage(): string {
        return String(++this.count);
      }
    }
    expect(profileOf(new Counting()).name).toBe('Counting');
  });
});
