import { z } from 'zod';

/** A message of proto3 cannot tell a field that was not set from its default: these fields are left out when they have it. */
export function withoutUnset<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  ...fields: readonly (keyof Shape & string)[]
): z.ZodType<z.infer<z.ZodObject<Shape>>> {
  const known: ReadonlySet<string> = new Set(fields);
  const isUnset = (value: unknown): boolean =>
    value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
  return z.preprocess((message) => {
    if (typeof message !== 'object' || message === null) return message;
    return Object.fromEntries(
      Object.entries(message).filter(([field, value]) => !known.has(field) || !isUnset(value)),
    );
  }, schema);
}
