import { hostname } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { CAPABILITIES } from '@parley/shared-models';
import { defineAgent } from './agent-definition.ts';
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
    expect(profileOf({ name: 'Echo', onMessage }, 'Second Echo')).toMatchObject({
      name: 'Second Echo',
      group: 'second-echo',
    });
    expect(profileOf({ name: 'Echo', group: 'echo', onMessage }, 'Second Echo').group).toBe('echo');
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
});
