import type { AgentDefinition } from '@parley/agent-kit';
import type { LanguageModel } from '@parley/language-model';
import { createRuleAgent } from '../../rules/rule-agent.ts';
import { CERES_ACTIONS } from './ceres-actions.ts';
import { EMPTY_NUTRITION, Nutrition } from './nutrition.ts';
import { CERES_HELP, understandCeres } from './understand-ceres.ts';

/** Nutrition: notes meals, water, diets and a goal; suggests dishes and plans a week. */
export function createCeresAgent(model: LanguageModel): AgentDefinition {
  return createRuleAgent(
    {
      name: 'Ceres',
      description:
        'Nutrition 🥗: suggests meals, notes what you eat and drink, heeds diets and allergies, plans a week of meals',
      capabilities: ['nutrition', 'meals', 'meal plans'],
      keywords: [
        // One word each.
        ...(
          'nutrition food foods eat ate eaten eating meal meals breakfast brunch lunch dinner supper snack dessert diet recipe cook ' +
          'cooking bake boil calories kcal protein carbs low-carb fat sugar fibre fiber vitamin iron magnesium supplements vegan vegetarian ' +
          'gluten gluten-free allergic lactose fruit vegetable vegetables salad bread egg chicken fish rice pasta pizza burger fries oatmeal ' +
          'muesli yoghurt nuts apple banana avocado chickpeas soup smoothie drink drank water coffee tea juice hungry thirsty fasting ' +
          'ceres essen gegessen frühstück mittagessen abendessen kochen rezept kalorien ernährung trinken'
        ).split(' '),
        ...['omega 3', 'lose weight', 'meal plan', 'healthy food'],
        ...(
          'cheese meat beef pork steak potato tomato beans lentils tofu milk butter oil oats cereal ' +
          'granola sandwich toast noodles sushi cake cookie chocolate honey beer wine alcohol soda calcium ' +
          'zinc cholesterol salt portion grocery groceries ingredient oven fry grill roast diabetes ' +
          'digestion hydration nutrients nutritious keto paleo leftovers trinke koche'
        ).split(' '),
        ...['shopping list', 'fast food', 'ice cream', 'in season', 'eating habits'],
      ],
      examples: [
        'What should I eat for breakfast?',
        'I had oatmeal and a banana for breakfast',
        'I drank 2 glasses of water',
        'I am vegetarian',
        'I am allergic to nuts',
        'Suggest something for dinner',
        'What can I cook tonight?',
        'How did I eat this week?',
        'Make me a meal plan for the week',
        'My goal is to drink 2 l of water a day',
        'I want to eat more vegetables',
        'How many calories has a pizza?',
        'Was soll ich heute essen?',
        'Ich habe zum Frühstück Haferflocken gegessen',
      ],
    },
    {
      remembered: { key: 'nutrition', schema: Nutrition, empty: EMPTY_NUTRITION },
      actions: CERES_ACTIONS,
      understand: understandCeres,
      notUnderstood: `That I do not understand, or it has nothing to do with food. ${CERES_HELP}`,
      persona:
        'You are Ceres 🥗, a nutrition companion: warm, calm, practical, without moralizing. You note meals and water, heed diets and ' +
        'allergies, suggest dishes and plan weeks. You count no calories and give no medical advice; questions on training belong to Helios.',
    },
    model,
  );
}
