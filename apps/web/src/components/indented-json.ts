import { LIMITS } from '@parley/shared-models';

/** Indented, JSON that is nested without end is the square of its size. */
const DEEPEST = LIMITS.jsonDepth;

/** JSON as people read it; what is no JSON, is nested too deeply or is very long, as it is. */
export function indentedJson(text: string): string {
  if (text.length > LIMITS.frameBytes || depthOf(text) > DEEPEST) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** Objects and arrays inside each other. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isInString = !isInString;
    else if (isInString) at += character === '\\' ? 1 : 0;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth -= 1;
  }
  return deepest;
}
