/** The guide's own client: unchanged, and compiled as the guide's readers compile it. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

test("it is the guide's, but for import paths", () => {
  const lines = readFileSync(path("../guide/WebSocketClient.ts"), "utf8").split("\n");
  const body = lines.filter((line) => !line.startsWith("import ")).join("\n");
  expect(createHash("sha256").update(body).digest("hex")).toBe(
    "24d179dd17849d136d0be3be4d989e1924a41bd296f17f49a4a3b92a731a51d9",
  );
});

test("it compiles, not strict, with what `tidings types` generates; its payloads are any, and ours are not", () => {
  const compiler = path("../../../node_modules/typescript/bin/tsc");
  const compile = () => execFileSync(process.execPath, [compiler, "-p", path("../guide")], { encoding: "utf8" });
  expect(compile).not.toThrow();
});
