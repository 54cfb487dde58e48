import { describe, expect, it } from '@jest/globals';
import { agentHue, initialsOf } from './agent-hue.ts';

describe('agentHue', () => {
  it('gives one agent one hue and tells most agents apart', () => {
    const ids = ['echo', 'assistant', 'finance', 'hr', 'helios', 'ceres', 'general'];
    expect(ids.map(agentHue)).toEqual(ids.map(agentHue));
    expect(new Set(ids.map(agentHue)).size).toBeGreaterThan(3);
  });
});

describe('initialsOf', () => {
  it.each([
    ['Finance', 'F'],
    ['HR', 'HR'],
    ['Büro Hilfe', 'BH'],
    ['order-agent', 'OA'],
    ['', '?'],
    ['🦉 owl', '🦉O'],
  ])('shortens "%s" to "%s"', (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });
});
