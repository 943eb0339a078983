/** As lengths.py, for TypeScript. A group of tests (`describe`) is no function: its tests are. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { parseSync, Visitor } from "vite";

const [FUNCTION, FILE] = [60, 500];
const OWN = ["*.ts", "*.tsx", ":!*.gen.ts", ":!**/guide/**"];

interface Node {
  readonly start: number;
  readonly end: number;
}

const lineOf = (text: string, offset: number) => text.slice(0, offset).split("\n").length;

function linesOfCode(code: string): number {
  const withoutComments = code.replace(/^\s*(\{?\/\*[\s\S]*?\*\/\}?|\/\/.*)$/gm, "");
  return withoutComments.split("\n").filter((line) => line.trim() !== "").length;
}

function faultsOf(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const faults: string[] = [];
  const length = text.split("\n").length - 1;
  if (length > FILE) faults.push(`${file} has ${length} lines: ${FILE} at most`);
  const groups = new Set<number>();
  const check = ({ start, end }: Node) => {
    const code = linesOfCode(text.slice(start, end));
    if (code <= FUNCTION || groups.has(start)) return;
    faults.push(`${file}:${lineOf(text, start)} has a function of ${code} lines of code: ${FUNCTION} at most`);
  };
  new Visitor({
    CallExpression: ({ callee, arguments: [, body] }) => {
      if (body && text.slice(callee.start, callee.end).startsWith("describe")) groups.add(body.start);
    },
    FunctionDeclaration: check,
    FunctionExpression: check,
    ArrowFunctionExpression: check,
  }).visit(parseSync(file, text).program);
  return faults;
}

const files = execFileSync("git", ["ls-files", ...OWN], { encoding: "utf8" })
  .split("\n")
  .filter(Boolean);
const faults = files.flatMap(faultsOf);
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.stdout.write(`Lengths: ${faults.length} of TypeScript too long\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
