import { describe, expect, it } from '@jest/globals';
import { defineAgent } from './agent-definition.ts';
import { profileOf } from './agent-profile.ts';

const onMessage = (): string => 'yes';

describe('the profile of an agent', () => {
  it('needs a name only', () => {
    expect(profileOf(defineAgent({ name: 'Büro Hilfe', onMessage }))).toEqual({
      name: 'Büro Hilfe',
      group: 'buro-hilfe',
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

  it('is refused with the field that is wrong', () => {
    expect(() => profileOf({ name: 'Echo', concurrency: 0, onMessage })).toThrow(/concurrency/);
  });
});
