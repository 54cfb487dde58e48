import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { splitClauses } from '../../language/clauses.ts';
import { MEALS } from './dishes.ts';
import { Diet, EMPTY_NUTRITION, type Nutrition } from './nutrition.ts';
import { dishesFor } from './suggest-dishes.ts';
import { CERES_HELP, understandCeres } from './understand-ceres.ts';

// A Saturday, before noon.
const AT = new Date(2026, 10, 21, 10);

/** The memory and the replies after these messages. */
function after(...messages: readonly string[]): { nutrition: Nutrition; said: string } {
  let nutrition = EMPTY_NUTRITION;
  let said = '';
  for (const message of messages) {
    const calls = splitClauses(message).flatMap((clause) => understandCeres(clause) ?? []);
    for (const { change } of calls) nutrition = change?.(nutrition, AT) ?? nutrition;
    said = calls.flatMap((call) => call.tell(nutrition, AT)).join('\n');
  }
  return { nutrition, said };
}

describe('a meal', () => {
  it.each([
    ['I had oatmeal and a banana for breakfast', 'breakfast', ['oatmeal', 'banana'], '2026-11-21'],
    ['For lunch I had lentil soup with bread', 'lunch', ['lentil soup', 'bread'], '2026-11-21'],
    ['My dinner was pizza', 'dinner', ['pizza'], '2026-11-21'],
    ['Breakfast: two eggs, toast & coffee', 'breakfast', ['two eggs', 'toast', 'coffee'], '2026-11-21'],
    ['I ate an apple', '', ['apple'], '2026-11-21'],
    ['I had pasta yesterday', '', ['pasta'], '2026-11-20'],
    ['I ate something quite unknown on Monday', '', ['something quite unknown'], '2026-11-16'],
    ['I had some chocolate as a snack', 'snack', ['chocolate'], '2026-11-21'],
    ['Ich habe eine Banane gegessen', '', ['Banane'], '2026-11-21'],
    ['Ich habe zum Frühstück Haferflocken gegessen', 'breakfast', ['Haferflocken'], '2026-11-21'],
  ])('is noted: %s', (text, meal, foods, day) => {
    expect(after(text).nutrition.meals).toEqual([{ meal, foods, day }]);
  });

  it.each([
    'I had a great day',
    'I did not eat breakfast',
    'I had no breakfast',
    'I skipped lunch',
    'Did I have oatmeal for breakfast?',
    'I will have pizza for dinner',
    'I want to eat pizza',
    'I had a budget of 1,500 €',
    'What should I eat?',
  ])('is not noted: %s', (text) => {
    expect(after(text).nutrition.meals).toEqual([]);
  });

  it('is taken back', () => {
    const { nutrition, said } = after('I ate an apple', 'I had pizza for lunch', 'undo');
    expect(nutrition.meals).toMatchObject([{ foods: ['apple'] }]);
    expect(said).toBe('Taken back: lunch: pizza.');
  });
});

describe('water', () => {
  it.each([
    ['I drank 2 glasses of water', 500],
    ['I drank half a litre of water', 500],
    ['I had 1.5 l of water', 1500],
    ['I drank a bottle of water', 500],
    ['I drank 330 ml of water', 330],
    ['Ich habe 0,5 l Wasser getrunken', 500],
  ])('is counted: %s', (text, millilitres) => {
    expect(after(text).nutrition.water).toEqual([{ millilitres, day: '2026-11-21' }]);
  });

  it('is held against the goal', () => {
    const goal = 'My goal is to drink 2 l of water a day';
    expect(after(goal, 'I drank 3 glasses of water').said).toBe(
      'Noted: 750 ml of water 💧\nToday: **750 ml** of 2 l of water, 1.25 l to go.',
    );
    expect(after(goal, 'I drank 2 l of water', 'What is my goal?').said).toContain('reached! 🎉');
  });
});

describe('diets and avoided foods', () => {
  it.each([
    ['I am vegetarian', ['vegetarian'], []],
    ["I'm a vegan and lactose intolerant", ['vegan', 'lactose-free'], []],
    ['I am allergic to nuts and eggs', [], ['nuts', 'eggs']],
    ["I don't eat meat", ['vegetarian'], []],
    ["I don't like mushrooms", [], ['mushrooms']],
    ['I have celiac disease', ['gluten-free'], []],
  ])('are noted: %s', (text, diets, avoided) => {
    expect(after(text).nutrition).toMatchObject({ diets, avoided });
  });

  it('are forgotten on demand', () => {
    expect(after('I am vegan', 'I am allergic to nuts', 'I eat everything').nutrition).toMatchObject({
      diets: [],
      avoided: [],
    });
  });

  it('are heeded by every dish', () => {
    const diets = fc.uniqueArray(fc.constantFrom(...Diet.options));
    const avoided = fc.uniqueArray(
      fc.constantFrom('nuts', 'eggs', 'fish', 'rice', 'tomatoes', 'milk', 'tofu'),
    );
    fc.assert(
      fc.property(diets, avoided, fc.constantFrom(...MEALS), (diet, food, meal) => {
        const names = dishesFor(meal, { diets: diet, avoided: food })
          .map(({ name }) => name)
          .join(' ');
        if (diet.includes('vegan'))
          expect(names).not.toMatch(/chicken|turkey|salmon|tuna|egg|cheese|curd|feta|honey/);
        if (diet.includes('gluten-free')) expect(names).not.toMatch(/bread|pasta|oatmeal|gnocchi|wraps/);
        if (food.includes('nuts')) expect(names).not.toMatch(/almonds|walnuts/);
        if (food.includes('eggs')) expect(names).not.toMatch(/egg|omelette/);
        if (food.includes('rice')) expect(names).not.toMatch(/rice/);
        if (food.includes('tomatoes')) expect(names).not.toMatch(/tomato/);
      }),
    );
  });
});

describe('suggestions', () => {
  it('are three dishes for the meal that is named, or for the hour', () => {
    expect(after('What should I eat for dinner?').said).toMatch(/^For dinner I suggest 🥗\n\n(- .+\n?){3}$/);
    expect(after('What should I eat?').said).toMatch(/^For breakfast I suggest/);
    expect(after('I am hungry').said).toMatch(/^For breakfast I suggest/);
    expect(after('I want to cook something for lunch').said).toMatch(/^For lunch I suggest/);
  });

  it('heed diets and say so', () => {
    expect(after('I am vegan', 'Suggest a dinner').said).toContain('\n\nHeeded: vegan.');
  });

  it('make a plan of seven days', () => {
    const { said } = after('I am vegetarian', 'Make me a meal plan');
    expect(said.match(/^\| \w+day /gm)).toHaveLength(7);
    expect(said).not.toMatch(/chicken|turkey|salmon|tuna/);
    expect(said).toContain('| Saturday 21 November | ');
  });
});

describe('the week', () => {
  it('is summed up with groups of food by days', () => {
    const { said } = after(
      'I had oatmeal and a banana for breakfast',
      'I had pizza for dinner yesterday',
      'I ate an apple yesterday',
      'I had cake last Saturday',
      'How did I eat this week?',
    );
    expect(said).toContain('Your last seven days: 3 meals on 2 days 🥗');
    expect(said).toContain('- Saturday 21 November, breakfast: oatmeal, banana');
    expect(said).toContain('Of 2 days: fruit on 2, whole grain on 1 (');
  });

  it('may be empty', () => {
    expect(after('Show me my meals').said).toContain('no meal of the last seven days');
  });
});

describe('Ceres', () => {
  it('keeps a goal in the words of the person', () => {
    expect(after('I want to eat more vegetables').nutrition.goal?.text).toBe('eat more vegetables');
  });

  it.each([
    ['How many calories has a pizza?', 'I count no calories'],
    ['I am diabetic, what should I eat?', 'doctor'],
    ['Hello', CERES_HELP],
  ])('does not guess: %s', (text, said) => {
    expect(after(text).said).toContain(said);
  });

  it.each(['I ran 5 km', 'What is left of my budget?', 'Who won the cup?', 'blue'])(
    'knows nothing of: %s',
    (text) => expect(understandCeres(text)).toBeUndefined(),
  );
});
