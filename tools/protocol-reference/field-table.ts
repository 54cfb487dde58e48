import { z } from 'zod';
import { linkTo, OBJECTS } from './objects.ts';
import { table } from './table.ts';

interface JsonSchema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: unknown;
  readonly allOf?: unknown;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly maxItems?: number;
  readonly $ref?: string;
}

/**
 * A Markdown table of an object's fields: name, shape, whether it must be there. Left out is the field that only tells a
 * frame from others: its `type`, of which there is one.
 */
export function fieldTable(schema: z.ZodType): string {
  const json = jsonOf(schema);
  const rows = Object.entries(json.properties ?? {})
    .filter(([name, field]) => name !== 'type' || field.const === undefined)
    .map(([name, field]) => [
      `\`${name}\``,
      shapeOf(field),
      json.required?.includes(name) === true ? 'yes' : '',
    ]);
  return rows.length === 0 ? 'No further fields.' : table(['field', 'shape', 'required'], rows);
}

function jsonOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

/** Tells an object with a table of its own by its fields. */
const signatureOf = ({ properties, required }: JsonSchema): string => JSON.stringify([properties, required]);

const namesOfObjects = new Map(
  Object.entries(OBJECTS).map(([name, schema]) => [signatureOf(jsonOf(schema)), name]),
);

function shapeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(' \\| ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(shapeOf))].join(' or ');
  if (schema.$ref !== undefined) return 'any JSON';
  switch (schema.type) {
    case 'string':
      return stringShape(schema);
    case 'integer':
      return `integer${rangeOf(schema)}`;
    case 'number':
      return `number${rangeOf(schema)}`;
    case 'array':
      return `array of ${shapeOf(schema.items ?? {})}${schema.maxItems === undefined ? '' : `, at most ${schema.maxItems}`}`;
    case 'object':
      return objectShape(schema);
    default:
      // Else a shape that this does not know would stand as any.
      if (schema.oneOf !== undefined || schema.allOf !== undefined)
        throw new Error(`There are no words for ${JSON.stringify(schema).slice(0, 200)}`);
      return schema.type ?? 'any JSON';
  }
}

function stringShape({ format, pattern, minLength, maxLength }: JsonSchema): string {
  if (format === 'uuid') return pattern?.includes('-7[') === true ? 'UUIDv7' : 'UUID';
  if (format === 'date-time')
    return pattern?.includes('\\.\\d{3}') === true
      ? 'time, ISO 8601 UTC with milliseconds'
      : 'time, RFC 3339 with its zone';
  if (pattern?.startsWith('^[a-z0-9]') === true) return 'agent id';
  if (maxLength === undefined) return 'string';
  return `string, ${minLength === undefined ? 'at most' : `${minLength} to`} ${maxLength} characters`;
}

function rangeOf({ minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const low = minimum ?? (exclusiveMinimum === undefined ? undefined : exclusiveMinimum + 1);
  const high = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (low === undefined || low === Number.MIN_SAFE_INTEGER) return '';
  return high === undefined ? ` ≥ ${low}` : ` ${low} to ${high}`;
}

function objectShape(schema: JsonSchema): string {
  const { properties, required, additionalProperties } = schema;
  if (properties === undefined) {
    return typeof additionalProperties === 'object'
      ? `object: id → ${shapeOf(additionalProperties)}`
      : 'object';
  }
  const known = namesOfObjects.get(signatureOf(schema));
  if (known !== undefined) return linkTo(known);
  const fields = Object.keys(properties).map((name) => `${name}${required?.includes(name) ? '' : '?'}`);
  return `\`{ ${fields.join(', ')} }\``;
}
