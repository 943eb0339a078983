import { expect, test } from "vitest";
import { mismatch, type Schema } from "../../src/protocol/schema.js";

const cases: [string, Schema, unknown, string | null][] = [
  ["a type", { type: "string" }, "x", null],
  ["another type", { type: "string" }, 1, "it is number, not string"],
  ["null is no object", { type: "object" }, null, "it is null, not object"],
  ["a list is no object", { type: "object" }, [], "it is array, not object"],
  ["one of several types", { type: ["string", "null"] }, null, null],
  ["none of several types", { type: ["string", "null"] }, true, "it is boolean, not string or null"],
  ["an integer is a number", { type: "number" }, 1, null],
  ["a number is no integer", { type: "integer" }, 1.5, "it is number, not integer"],
  ["a value of an enum", { enum: ["a", null] }, null, null],
  ["no value of an enum", { enum: ["a", null] }, "b", 'it is none of ["a",null]'],
  ["a constant", { const: 3 }, 4, "it is none of [3]"],
  ["one of two", { anyOf: [{ type: "string" }, { type: "null" }] }, null, null],
  [
    "none of two",
    { anyOf: [{ type: "string" }, { type: "null" }] },
    1,
    "it is number, not string, and it is number, not null",
  ],
  ["unknown properties are ignored", { type: "object", properties: {} }, { later: 1 }, null],
  ["a property that is missing", { type: "object", required: ["a"] }, {}, "it.a is missing"],
  ["an inherited property is missing", { type: "object", required: ["constructor"] }, {}, "it.constructor is missing"],
  ["a property", { properties: { a: { type: "string" } } }, { a: 1 }, "it.a is number, not string"],
  ["values of a map", { additionalProperties: { type: "string" } }, { a: "x", b: 1 }, "it.b is number, not string"],
  ["elements", { items: { type: "string" } }, ["x", 1], "it[1] is number, not string"],
  ["a tuple", { prefixItems: [{ type: "string" }, { type: "integer" }] }, ["x", "y"], "it[1] is string, not integer"],
  ["a tuple that is cut short", { prefixItems: [{}, {}] }, [1], "it has 1 elements, not 2"],
  ["a reference", { $ref: "#/$defs/A" }, { b: [1] }, "it.b[0] is number, not string"],
  ["a reference to nothing", { $ref: "#/$defs/X" }, 1, "it has no definition #/$defs/X"],
  ["an inherited reference", { $ref: "#/$defs/constructor" }, 1, "it has no definition #/$defs/constructor"],
];

test.each(cases)("%s", (_, schema, value, expected) => {
  const definitions = { A: { properties: { b: { items: { type: "string" } } } } } as const;
  expect(mismatch(value, schema, "it", definitions)).toBe(expected);
});
