import { ParleyError } from '@parley/shared-models';
import type { z } from 'zod';

/**
 * @throws ParleyError `invalid_request`, whose `details.path` names the first wrong field as it stands in the .proto
 * files (`profile.mean_handle_ms`)
 */
export function parseRequest<T>(schema: z.ZodType<T>, request: unknown): T {
  const result = schema.safeParse(request);
  if (result.success) return result.data;
  const { path, message } = firstIssue(result.error);
  throw new ParleyError('invalid_request', `${path}: ${message}`, { details: { path } });
}

/** @throws ParleyError `internal`: the server answered something that is not in the protocol */
export function parseAnswer<T>(schema: z.ZodType<T>, answer: unknown): T {
  const result = schema.safeParse(answer);
  if (result.success) return result.data;
  const { path, message } = firstIssue(result.error);
  throw new ParleyError('internal', `The server's answer is malformed: ${path}: ${message}`, {
    details: { path },
  });
}

function firstIssue(error: z.ZodError): { path: string; message: string } {
  const issue = error.issues[0];
  const path = (issue?.path ?? []).map((part) => snakeCase(String(part))).join('.');
  return { path, message: issue?.message ?? 'malformed' };
}

/** A field's name as it stands in the .proto files. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
