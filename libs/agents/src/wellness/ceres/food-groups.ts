/** Groups of food by the words for it; food without a known word belongs to no group. */
export const FOOD_GROUPS: Readonly<Record<string, RegExp>> = {
  fruit:
    /\b(?:apples?|bananas?|berries|berry|blueberr\w+|strawberr\w+|raspberr\w+|oranges?|pears?|grapes?|mangos?|mangoes|kiwis?|pineapple|melons?|peach\w*|plums?|cherr\w+|fruits?|smoothie|obst|apfel|banane)\b/i,
  vegetables:
    /\b(?:vegetables?|veggies|salads?|carrots?|broccoli|spinach|tomato(?:es)?|cucumbers?|peppers?|peas|green beans|zucchini|cauliflower|cabbage|pumpkin|lettuce|onions?|mushrooms?|corn|kale|gemüse|salat)\b/i,
  'whole grain':
    /\b(?:oat\w*|porridge|muesli|granola|wholegrain|whole grain|wholemeal|brown rice|quinoa|millet|haferflocken|müsli|vollkorn\w*)\b/i,
  protein:
    /\b(?:chicken|turkey|beef|pork|fish|salmon|tuna|eggs?|tofu|beans|lentils?|chickpeas|hummus|yoghurt|yogurt|cheese|curd|milk|steak|ham|nuts|almonds|walnuts|fleisch|fisch|eier|käse)\b/i,
  starch:
    /\b(?:bread|toast|rolls?|rice|pasta|spaghetti|noodles?|potato(?:es)?|pizza|wraps?|sandwich(?:es)?|gnocchi|fries|burgers?|brot|nudeln|reis|kartoffeln)\b/i,
  sweets:
    /\b(?:chocolate|cakes?|cookies?|candy|candies|ice cream|sweets|donuts?|croissants?|pancakes?|schokolade|kuchen|eis)\b/i,
  drinks: /\b(?:coffee|tea|juice|water|beer|wine|soda|cola|cappuccino|latte|kaffee|tee)\b/i,
  'other dishes':
    /\b(?:soup|curry|chili|stew|sushi|tacos?|burritos?|cereals?|suppe|kebab|döner|ramen|omelettes?)\b/i,
};

export function groupsIn(food: string): string[] {
  return Object.entries(FOOD_GROUPS).flatMap(([group, words]) => (words.test(food) ? [group] : []));
}
