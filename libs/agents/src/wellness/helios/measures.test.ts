import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { measuresIn, sayDistance, sayDuration, sayPace } from './measures.ts';

describe('the measures of a workout', () => {
  it.each([
    ['I ran 5 km in 30 minutes', { metres: 5000, seconds: 1800 }],
    ['I ran 10k in 55:30', { metres: 10_000, seconds: 3330 }],
    ['10k steps', { steps: 10_000 }],
    ['I walked 8,500 steps, 6 km', { steps: 8500, metres: 6000 }],
    ['8.500 Schritte', { steps: 8500 }],
    ['42.195 km in 3:59:30', { metres: 42_195, seconds: 14_370 }],
    ['swam 1,500 m', { metres: 1500 }],
    ['3 miles', { metres: 4828 }],
    ['a half marathon', { metres: 21_098 }],
    ['1 h 30 of yoga', { seconds: 5400 }],
    ['1 hour and 15 minutes', { seconds: 4500 }],
    ['1.5 hours', { seconds: 5400 }],
    ['half an hour', { seconds: 1800 }],
    ['an hour of tennis', { seconds: 3600 }],
    ['20 push-ups', { repetitions: 20 }],
    ['45 minutes at 7:30 am', { seconds: 2700 }],
    ['5,5 km', { metres: 5500 }],
    ['2 minutes 30 seconds', { seconds: 150 }],
    ['nothing at all', {}],
    ['I have 5 kmart bags and 3 mins', { seconds: 180 }],
  ])('%s', (text, measures) => {
    expect(measuresIn(text)).toEqual(measures);
  });

  it('is read again as it is said', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 1439 }), (tens, minutes) => {
        const text = `I ran ${sayDistance(tens * 10)} in ${sayDuration(minutes * 60)}`;
        expect(measuresIn(text)).toEqual({ metres: tens * 10, seconds: minutes * 60 });
      }),
    );
  });

  it('is said with a pace', () => {
    expect(sayPace(5000, 1800)).toBe('6:00 min/km');
    expect(sayPace(10_000, 3330)).toBe('5:33 min/km');
  });
});
