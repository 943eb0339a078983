/** The part of JSON Schema that messages and generated contracts need; keywords that are not here are not looked at. */

type JsonType = "string" | "number" | "integer" | "boolean" | "null" | "array" | "object";

export interface Schema {
  readonly type?: JsonType | readonly JsonType[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly minimum?: number;
  /** "#/$defs/Name": a name in the definitions. */
  readonly $ref?: string;
}

export type Definitions = Readonly<Record<string, Schema>>;

/** The record's own value under a name that came from outside, so that "constructor" is nothing special. */
export function own<T>(record: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return record && Object.hasOwn(record, name) ? record[name] : undefined;
}

/** How `value` at `place` differs from the schema, as a sentence ("payload.id is string, not integer"); null if it fits. */
export function mismatch(value: unknown, schema: Schema, place: string, definitions: Definitions = {}): string | null {
  for (const rule of RULES) {
    const found = rule(value, schema, place, definitions);
    if (found) return found;
  }
  return null;
}

type Rule = typeof mismatch extends (...args: infer A) => infer R ? (...args: Required<A>) => R : never;

const RULES: readonly Rule[] = [reference, typed, listed, alternatives, properties, elements];

function reference(value: unknown, { $ref }: Schema, place: string, definitions: Definitions): string | null {
  if (!$ref) return null;
  const target = own(definitions, $ref.slice($ref.lastIndexOf("/") + 1));
  return target ? mismatch(value, target, place, definitions) : `${place} has no definition ${$ref}`;
}

function typed(value: unknown, { type, minimum }: Schema, place: string): string | null {
  const types = [type ?? []].flat();
  if (types.length > 0 && !types.some((name) => isOfType(value, name))) {
    return `${place} is ${typeOf(value)}, not ${types.join(" or ")}`;
  }
  return minimum !== undefined && (value as number) < minimum ? `${place} is below ${minimum}` : null;
}

function isOfType(value: unknown, type: JsonType): boolean {
  return typeOf(value) === type || (type === "integer" && Number.isSafeInteger(value));
}

function typeOf(value: unknown): string {
  return value === null ? "null" : value === undefined ? "missing" : Array.isArray(value) ? "array" : typeof value;
}

function listed(value: unknown, schema: Schema, place: string): string | null {
  const values = "const" in schema ? [schema.const] : schema.enum;
  return !values || values.includes(value) ? null : `${place} is none of ${JSON.stringify(values)}`;
}

function alternatives(value: unknown, schema: Schema, place: string, definitions: Definitions): string | null {
  const choices = schema.anyOf ?? schema.oneOf;
  if (!choices) return null;
  const found = choices.map((choice) => mismatch(value, choice, place, definitions));
  return found.includes(null) ? null : found.join(", and ");
}

function properties(value: unknown, schema: Schema, place: string, definitions: Definitions): string | null {
  if (typeOf(value) !== "object") return null;
  const object = value as Record<string, unknown>;
  const missing = schema.required?.find((name) => !Object.hasOwn(object, name));
  if (missing !== undefined) return `${place}.${missing} is missing`;
  for (const name of Object.keys(object)) {
    const rule = own(schema.properties, name) ?? schema.additionalProperties;
    const found = rule ? mismatch(object[name], rule, `${place}.${name}`, definitions) : null;
    if (found) return found;
  }
  return null;
}

function elements(value: unknown, schema: Schema, place: string, definitions: Definitions): string | null {
  if (!Array.isArray(value)) return null;
  const { items, prefixItems = [] } = schema;
  if (value.length < prefixItems.length) return `${place} has ${value.length} elements, not ${prefixItems.length}`;
  for (const [index, element] of value.entries()) {
    const rule = prefixItems[index] ?? items;
    const found = rule ? mismatch(element, rule, `${place}[${index}]`, definitions) : null;
    if (found) return found;
  }
  return null;
}
