import { z } from 'zod';

/** A schema with a check before it: input and output are those of the schema. */
type Checked<Schema extends z.ZodType> = z.ZodPreprocess<Schema, z.input<Schema>>;

/**
 * An array of at most `max` items (and at least `min`). Its length is checked before its items are: `z.array(item).max(max)`
 * looks at every one of them first, however many there are.
 */
export function boundedArray<Item extends z.ZodType>(
  item: Item,
  max: number,
  min = 0,
): Checked<z.ZodArray<Item>> {
  return z.preprocess((value: z.input<Item>[], context) => {
    if (!Array.isArray(value) || value.length <= max) return value;
    context.addIssue({ code: 'custom', message: `at most ${max} items` });
    return z.NEVER;
  }, z.array(item).min(min).max(max));
}

/** A record of at most `max` keys. Their number is checked before keys and values are. */
export function boundedRecord<Key extends z.core.$ZodRecordKey, Value extends z.ZodType>(
  key: Key,
  value: Value,
  max: number,
): Checked<z.ZodRecord<Key, Value>> {
  return z.preprocess(
    (given: z.input<z.ZodRecord<Key, Value>>, context) => {
      if (typeof given !== 'object' || given === null || Object.keys(given).length <= max) return given;
      context.addIssue({ code: 'custom', message: `at most ${max} keys` });
      return z.NEVER;
    },
    z.record(key, value),
  );
}
