/** Checks that imports in `src` point down: `node layers.ts` names every one that does not, and then fails. */
import { globSync, readFileSync } from "node:fs";
import { dirname, extname, join, normalize, relative, sep } from "node:path";
import { parseSync } from "vite";

/**
 * The folders and files of `src`, the uppermost first; each may import what stands in a later row. Those of one row do not know
 * one another.
 */
const LAYERS = [
  ["main.tsx"],
  ["app"],
  ["week"],
  ["bulk", "calendar", "team", "timeoff", "mine", "open", "settings", "demo"],
  ["plan"],
  ["shift"],
  ["offers", "grid"],
  ["rules"],
  ["live"],
  ["session"],
  ["ui", "theme"],
  ["api"],
  ["time"],
  ["words"],
  ["live.gen.ts", "codes.gen.ts"],
];

const SRC = join(import.meta.dirname, "src");

/** What a module imports, now or later, by the names that it gives it. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(SRC, file), "utf8");
  const { staticImports, dynamicImports, staticExports } = parseSync(file, text).module;
  return [
    ...staticImports.map((each) => each.moduleRequest.value),
    ...staticExports.flatMap((each) => each.entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? [])),
    ...dynamicImports.map(({ moduleRequest }) => text.slice(moduleRequest.start + 1, moduleRequest.end - 1)),
  ];
}

/** "week/grid/rows" is of "week", and "../live.gen" of "live.gen.ts". */
function partOf(path: string): string {
  const [first = "", ...rest] = path.split(sep);
  return rest.length > 0 || extname(first) === ".tsx" || first.endsWith(".ts") ? first : `${first}.ts`;
}

const rank = new Map(LAYERS.flatMap((parts, index) => parts.map((part) => [part, index] as const)));

function faultsOf(file: string): string[] {
  const own = partOf(file);
  const height = rank.get(own);
  if (height === undefined) return [`src/${own} is in no layer: put it into the list of layers.ts`];
  const parts = importsOf(file)
    .filter((name) => name.startsWith("."))
    .map((name) => partOf(relative(".", normalize(join(dirname(file), name)))));
  return parts
    .filter((part) => part !== own && (rank.get(part) ?? -1) <= height)
    .map((part) => `src/${file} imports ${part}, which is not below ${own}`);
}

const files = globSync("**/*.{ts,tsx}", { cwd: SRC });
const faults = [...new Set(files.flatMap(faultsOf))];
process.stdout.write(`Layers: ${files.length} modules, ${faults.length} imports that do not point down\n`);
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exitCode = faults.length > 0 ? 1 : 0;
