/** Ingredients that some people do not eat. */
export type Contains = 'meat' | 'fish' | 'dairy' | 'egg' | 'gluten' | 'nuts' | 'soy' | 'honey';

export type Meal = 'breakfast' | 'lunch' | 'dinner' | 'snack';
export const MEALS: readonly Meal[] = ['breakfast', 'lunch', 'dinner', 'snack'];

export interface Dish {
  readonly meal: Meal;
  /** With all ingredients, so that an avoided one is found by its name. */
  readonly name: string;
  readonly contains: readonly Contains[];
}

const dish = (meal: Meal, name: string, ...contains: readonly Contains[]): Dish => ({ meal, name, contains });

export const DISHES: readonly Dish[] = [
  dish('breakfast', 'oatmeal with a banana and cinnamon', 'gluten'),
  dish('breakfast', 'yoghurt with berries and seeds', 'dairy'),
  dish('breakfast', 'wholegrain bread with cheese and tomatoes', 'dairy', 'gluten'),
  dish('breakfast', 'scrambled eggs with spinach', 'egg'),
  dish('breakfast', 'soy yoghurt with apple and walnuts', 'soy', 'nuts'),
  dish('breakfast', 'rice pudding with coconut milk and mango'),
  dish('breakfast', 'wholegrain bread with hummus and cucumber', 'gluten'),
  dish('breakfast', 'millet porridge with pear'),
  dish('lunch', 'lentil soup with carrots'),
  dish('lunch', 'rice with chickpeas and vegetables'),
  dish('lunch', 'wholegrain pasta with tomatoes and basil', 'gluten'),
  dish('lunch', 'salad with tuna and white beans', 'fish'),
  dish('lunch', 'chicken with rice and broccoli', 'meat'),
  dish('lunch', 'baked potatoes with curd and chives', 'dairy'),
  dish('lunch', 'wraps with hummus and grilled peppers', 'gluten'),
  dish('lunch', 'fried rice with tofu and peas', 'soy'),
  dish('lunch', 'omelette with mushrooms and salad', 'egg'),
  dish('dinner', 'vegetable curry with rice and coconut milk'),
  dish('dinner', 'salmon with potatoes and green beans', 'fish'),
  dish('dinner', 'chili with beans and corn'),
  dish('dinner', 'stir-fried vegetables with tofu', 'soy'),
  dish('dinner', 'turkey with sweet potatoes', 'meat'),
  dish('dinner', 'wholegrain bread with avocado and egg', 'gluten', 'egg'),
  dish('dinner', 'pumpkin soup with seeds'),
  dish('dinner', 'gnocchi with spinach and cheese', 'dairy', 'gluten'),
  dish('dinner', 'quinoa salad with feta and cucumber', 'dairy'),
  dish('snack', 'an apple and a handful of almonds', 'nuts'),
  dish('snack', 'carrots with hummus'),
  dish('snack', 'a banana'),
  dish('snack', 'yoghurt with honey', 'dairy', 'honey'),
  dish('snack', 'a boiled egg', 'egg'),
  dish('snack', 'rice cakes with avocado'),
];
