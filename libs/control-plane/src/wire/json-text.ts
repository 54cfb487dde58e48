import { z } from 'zod';

/** JSON text, read as `schema` wants it. */
export const jsonText = <T>(schema: z.ZodType<T>) =>
  z.string().transform((text, context): T => {
    const parsed = parseJson(text, schema);
    if (parsed?.success) return parsed.data;
    const [issue] = parsed?.error.issues ?? [];
    context.addIssue({
      code: 'custom',
      message: issue === undefined ? 'no JSON' : `${issue.path.join('.')}: ${issue.message}`,
    });
    return z.NEVER;
  });

function parseJson<T>(text: string, schema: z.ZodType<T>): z.ZodSafeParseResult<T> | undefined {
  try {
    return schema.safeParse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
