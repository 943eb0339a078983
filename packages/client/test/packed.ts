/** Packages as they would be published: built into a place of their own, nothing of what was built before being read. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { publint } from "publint";
import { build } from "vite";

const PACKAGES = fileURLToPath(new URL("../..", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../node_modules", import.meta.url));
const TSC = join(MODULES, "typescript", "bin", "tsc");

/** The last of the packages that were built, and a place where its users' modules compile. */
export class Packed {
  readonly #place: string;
  readonly #directory: string;

  private constructor(place: string, directory: string) {
    this.#place = place;
    this.#directory = directory;
  }

  /** Builds `packages/<name>` in this order, each with its own configuration. `others`: what they need from elsewhere. */
  static async build(names: readonly string[], others: readonly string[] = []): Promise<Packed> {
    const place = await mkdtemp(join(tmpdir(), "tidings-"));
    for (const other of others) {
      const link = join(place, "node_modules", other);
      await mkdir(dirname(link), { recursive: true });
      await symlink(join(MODULES, other), link);
    }
    for (const name of names) await pack(place, name);
    return new Packed(place, join(place, "node_modules", "@tidings", names.at(-1) ?? ""));
  }

  /** Bytes of a built bundle and of what it shares with others, each file compressed as web servers do. */
  async gzipped(entry = "index.js"): Promise<number> {
    const code = await readFile(join(this.#directory, "dist", entry), "utf8");
    const shared = [...code.matchAll(/from"\.\/([^"]+)"/g)].map(([, file = ""]) => this.gzipped(file));
    return (await Promise.all(shared)).reduce((sum, size) => sum + size, gzipSync(code).length);
  }

  /** What publint has to say. */
  async lint(): Promise<string[]> {
    const names = await readdir(this.#directory, { recursive: true, withFileTypes: true });
    const files = await Promise.all(
      names
        .filter((entry) => entry.isFile())
        .map(async (entry) => {
          const file = join(entry.parentPath, entry.name);
          return { name: `package${file.slice(this.#directory.length)}`, data: await readFile(file) };
        }),
    );
    const { messages } = await publint({ pkgDir: "package", strict: true, pack: { files } });
    return messages.map((message) => `${message.type} ${message.code} ${message.path.join(".")}`);
  }

  /** Compiles a module of somebody who uses the package, as strictly as can be. Throws with what the compiler says. */
  async compile(source: string): Promise<void> {
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      module: "nodenext",
      moduleResolution: "nodenext",
      target: "es2022",
      lib: ["es2023", "dom"],
      types: [],
      jsx: "react-jsx",
      noEmit: true,
    };
    await writeFile(join(this.#place, "package.json"), JSON.stringify({ type: "module" }));
    await writeFile(join(this.#place, "user.tsx"), source);
    await writeFile(join(this.#place, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["user.tsx"] }));
    compile(this.#place);
  }

  async remove(): Promise<void> {
    await rm(this.#place, { recursive: true });
  }
}

async function pack(place: string, name: string): Promise<void> {
  const root = join(PACKAGES, name);
  const directory = join(place, "node_modules", "@tidings", name);
  const dist = join(directory, "dist");
  const declarations = join(place, `tsconfig.${name}.json`);
  await build({ root, configFile: join(root, "vite.config.ts"), logLevel: "silent", build: { outDir: dist } });
  // What was built before is read as built; the package itself, which an entry of it may import, as its source.
  const paths = {
    [`@tidings/${name}`]: [join(root, "src/index.ts")],
    "@tidings/client/presence": [join(place, "node_modules/@tidings/client/dist/presence.d.ts")],
    "@tidings/*": [join(place, "node_modules/@tidings/*/dist/index.d.ts")],
  };
  const compilerOptions = { outDir: dist, paths };
  await writeFile(declarations, JSON.stringify({ extends: join(root, "tsconfig.build.json"), compilerOptions }));
  compile(declarations);
  for (const file of ["package.json", "README.md", "src"]) {
    await cp(join(root, file), join(directory, file), { recursive: true });
  }
}

/** Throws with what the compiler says. */
function compile(project: string): void {
  try {
    execFileSync(process.execPath, [TSC, "-p", project], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    throw new Error((error as { stdout: string }).stdout);
  }
}
